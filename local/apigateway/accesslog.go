package apigateway

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/order-patterns/order-patterns/local/logs"
)

// Access logs are written in batches: a second after the first line, or when there are many.
const (
	logDelay = time.Second
	logBatch = 1000
)

// accessLog writes a stage's access log, as the account's role.
type accessLog struct {
	service  *Service
	settings AccessLogSettings
	format   *template
	group    string
	stream   string

	mu      sync.Mutex
	events  []logs.Event
	timer   clockwork.Timer
	closed  bool
	writing sync.Mutex // batches go one after the other
}

func newAccessLog(s *Service, settings AccessLogSettings, format *template) *accessLog {
	return &accessLog{service: s, settings: settings, format: format, group: settings.group(), stream: newID(32)}
}

// group is the log group of an ARN, arn:aws:logs:REGION:ACCOUNT:log-group:NAME, with or without :* at its end.
func (s AccessLogSettings) group() string {
	_, name, _ := strings.Cut(strings.TrimSuffix(s.DestinationARN, ":*"), ":log-group:")
	return name
}

// add notes a request. A nil log takes nothing.
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

// close writes what waits, and takes no more.
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
	if err := l.service.writeLog(l.group, l.stream, events); err != nil {
		l.service.account.Log.Warn("writing the access log of an API failed", "group", l.group, "lines", len(events), "error", err)
	}
}

func (s *Service) writeLog(group, stream string, events []logs.Event) error {
	role := s.logRole.Load()
	if role == nil {
		return errNoLogRole
	}
	p, credentials, err := s.roles.AssumeRole(principal.Service, *role, "BackplaneAssumeRoleSession", nil)
	if err != nil {
		return err
	}
	defer s.roles.Revoke(credentials.AccessKeyID)
	return s.logs.Put(context.Background(), p, group, stream, events)
}
