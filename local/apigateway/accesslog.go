package apigateway

import (
	"strings"

	"github.com/order-patterns/order-patterns/local/logs"
	"github.com/order-patterns/order-patterns/local/policy"
)

// accessLog is where the access log of a stage goes, since its settings were applied.
type accessLog struct {
	logs.Destination
	format template
}

func (s *Service) newAccessLog(set *AccessLogSettings) *accessLog {
	format, _ := parseTemplate(set.Format, true) // checked before: see checkStage
	// The ARN of a log group is arn:aws:logs:REGION:ACCOUNT:log-group:NAME, with or without :* at its end.
	_, group, _ := strings.Cut(strings.TrimSuffix(set.DestinationARN, ":*"), ":log-group:")
	return &accessLog{logs.Destination{Group: group, Stream: newID(32), Writer: s.logWriter}, format}
}

// log records the request, if its stage had an access log when it came.
func (x *exchange) log() {
	if to := x.live.log; to != nil {
		line := strings.TrimSuffix(to.format.render(x, "-"), "\n")
		x.service.lines.Add(logs.Line{To: &to.Destination, Event: logs.Event{Time: x.start, Message: line}})
	}
}

// logWriter is a session of the account's role for all access logs.
func (s *Service) logWriter() (policy.Principal, error) {
	role := s.logRole.Load()
	if role == nil {
		return policy.Principal{}, errNoLogRole
	}
	return s.assume(*role)
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
