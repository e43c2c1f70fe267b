package apigateway

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/logs"
	"github.com/order-patterns/order-patterns/local/policy"
)

// Access logs are written in batches: one second after the first line, or when a batch is full.
const (
	logDelay = time.Second
	logBatch = 1000
)

// accessLog writes a stage's access log, as the account's role.
type accessLog struct {
	service  *Service
	settings AccessLogSettings
	format   *template
	stream   string

	mu      sync.Mutex
	events  []logs.Event
	timer   clockwork.Timer
	closed  bool
	writing sync.Mutex // orders the batches
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
	return &accessLog{service: s, settings: *set, format: format, stream: newID(32)}
}

// add records a request. A nil log ignores it.
func (l *accessLog) add(x *exchange) {
	if l == nil {
		return
	}
	e := logs.Event{Time: x.start, Message: strings.TrimSuffix(l.format.render(x, "-"), "\n")}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return
	}
	l.events = append(l.events, e)
	switch len(l.events) {
	case 1:
		l.timer = l.service.account.Clock.AfterFunc(logDelay, l.flush)
	case logBatch:
		l.timer.Stop()
		go l.flush()
	}
}

// close writes the waiting lines. Later lines are ignored.
func (l *accessLog) close() {
	if l == nil {
		return
	}
	l.mu.Lock()
	l.closed = true
	if l.timer != nil {
		l.timer.Stop()
	}
	l.mu.Unlock()
	l.flush()
}

func (l *accessLog) flush() {
	l.writing.Lock()
	defer l.writing.Unlock()
	l.mu.Lock()
	events := l.events
	l.events = nil
	l.mu.Unlock()
	if len(events) == 0 {
		return
	}
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
		if policy.Authorize(policy.Request{Principal: p, Action: action, Resource: account.ARN("logs", "log-group:*")}) != nil {
			return refused
		}
	}
	s.logRole.Store(role)
	return nil
}
