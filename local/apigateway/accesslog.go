package apigateway

import (
	"context"
	"strings"
	"time"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/logs"
	"github.com/order-patterns/order-patterns/local/policy"
)

// logDelay is the time from the first line of a batch to its delivery.
const logDelay = time.Second

// accessLog writes a stage's access log, as the account's role.
type accessLog struct {
	service  *Service
	settings AccessLogSettings
	format   *template
	stream   string
	buffer   *logs.Buffer[logs.Event]
}

// accessLogOf keeps the stage's log if its settings are the same. Otherwise it closes it and starts another.
func (s *Service) accessLogOf(st *stage) *accessLog {
	var old *accessLog
	if st.live != nil {
		old = st.live.log
	}
	set := st.inputs.AccessLogSettings
	if old != nil && set != nil && old.settings == *set {
		return old
	}
	old.close()
	if set == nil {
		return nil
	}
	format, err := parseTemplate(set.Format, true)
	if err != nil {
		return nil // checked before: see StageArgs.check
	}
	l := &accessLog{service: s, settings: *set, format: format, stream: newID(32)}
	l.buffer = logs.NewBuffer(s.account.Clock, logDelay, l.deliver)
	return l
}

// add records a request. A nil log ignores it.
func (l *accessLog) add(x *exchange) {
	if l != nil {
		l.buffer.Add(logs.Event{Time: x.start, Message: strings.TrimSuffix(l.format.render(x, "-"), "\n")})
	}
}

// close writes the waiting lines. Later lines are ignored.
func (l *accessLog) close() {
	if l != nil {
		l.buffer.Close()
	}
}

func (l *accessLog) deliver(events []logs.Event) {
	if err := l.write(events); err != nil {
		l.service.account.Log.Warn("writing the access log of an API failed", "group", l.settings.group(), "lines", len(events), "error", err)
	}
}

func (l *accessLog) write(events []logs.Event) error {
	role := l.service.logRole.Load()
	if role == nil {
		return errNoLogRole
	}
	p, end, err := l.service.assume(*role)
	if err != nil {
		return err
	}
	defer end()
	return l.service.Logs.Put(context.Background(), p, l.settings.group(), l.stream, events)
}

// group is the name in the ARN of a log group, arn:aws:logs:REGION:ACCOUNT:log-group:NAME, with or without :* at its end.
func (s AccessLogSettings) group() string {
	_, name, _ := strings.Cut(strings.TrimSuffix(s.DestinationARN, ":*"), ":log-group:")
	return name
}

// logActions are what the role of the account needs, on all log groups:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html#set-up-access-logging-permissions
var logActions = []string{
	"logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogGroups", "logs:DescribeLogStreams", "logs:PutLogEvents",
	"logs:GetLogEvents", "logs:FilterLogEvents",
}

// setLogRole sets the role of all access logs, which API Gateway must be able to assume and which must be allowed to
// write logs. Nil or an empty ARN removes it.
func (s *Service) setLogRole(role *string) error {
	if role == nil || *role == "" {
		s.logRole.Store(nil)
		return nil
	}
	refused := badRequest("The role ARN does not have required permissions configured. Please grant trust permission for " +
		"API Gateway and add the required role policy.")
	p, end, err := s.assume(*role)
	if err != nil {
		return refused
	}
	defer end()
	for _, action := range logActions {
		if s.account.Decide(context.Background(), policy.Request{Principal: p, Action: action, Resource: account.ARN("logs", "log-group:*")}) != nil {
			return refused
		}
	}
	s.logRole.Store(role)
	return nil
}
