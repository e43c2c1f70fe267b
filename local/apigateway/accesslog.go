package apigateway

import (
	"context"
	"strings"
	"time"

	"github.com/order-patterns/order-patterns/local/logs"
)

// logDelay is the time from the first line of a batch to its delivery.
const logDelay = time.Second

// accessLog is where the access log of a stage goes, since its settings were applied.
type accessLog struct {
	group, stream string
	format        template
}

type logLine struct {
	to    *accessLog
	event logs.Event
}

func newAccessLog(set *AccessLogSettings) *accessLog {
	format, err := parseTemplate(set.Format, true)
	if err != nil {
		return nil // checked before: see StageArgs.check
	}
	// The ARN of a log group is arn:aws:logs:REGION:ACCOUNT:log-group:NAME, with or without :* at its end.
	_, group, _ := strings.Cut(strings.TrimSuffix(set.DestinationARN, ":*"), ":log-group:")
	return &accessLog{group: group, stream: newID(32), format: format}
}

// log records the request, if its stage had an access log when it came.
func (x *exchange) log() {
	if to := x.live.log; to != nil {
		x.service.buffer.Add(logLine{to, logs.Event{Time: x.start, Message: strings.TrimSuffix(to.format.render(x, "-"), "\n")}})
	}
}

// deliver writes the lines of each log, in the order in which the logs got their first one.
func (s *Service) deliver(lines []logLine) {
	var order []*accessLog
	batches := map[*accessLog][]logs.Event{}
	for _, l := range lines {
		if batches[l.to] == nil {
			order = append(order, l.to)
		}
		batches[l.to] = append(batches[l.to], l.event)
	}
	for _, to := range order {
		if err := s.writeLog(to, batches[to]); err != nil {
			s.account.Log.Warn("writing the access log of an API failed", "group", to.group, "lines", len(batches[to]), "error", err)
		}
	}
}

func (s *Service) writeLog(to *accessLog, events []logs.Event) error {
	role := s.logRole.Load()
	if role == nil {
		return errNoLogRole
	}
	p, err := s.assume(*role)
	if err != nil {
		return err
	}
	return s.Logs.Put(context.Background(), p, to.group, to.stream, events)
}

// setLogRole sets the role of all access logs, which API Gateway must be able to assume. Nil or an empty ARN removes it.
func (s *Service) setLogRole(role *string) error {
	if role == nil || *role == "" {
		s.logRole.Store(nil)
		return nil
	}
	if _, err := s.assume(*role); err != nil {
		return badRequest("The role ARN does not have required permissions configured")
	}
	s.logRole.Store(role)
	return nil
}
