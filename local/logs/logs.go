// Package logs is the embedded cloud's Amazon CloudWatch Logs: log groups, their streams, and what is written to
// them by functions, APIs and callers of PutLogEvents.
//
// It deviates from AWS in three ways. A group holds the newest 8 MiB of its events and forgets older ones, so that
// the cloud's memory is bounded; retention, if set, ends events earlier. A key for encryption (kmsKeyId) is stored
// and shown, and does nothing. Filter patterns are terms and quoted phrases: other syntax is refused.
package logs

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/wire"
)

// Limits of https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html, and the embedded
// cloud's own limit of a group.
const (
	maxEventBytes = 1 << 20
	maxGroupBytes = 8 << 20
	// eventOverhead is what CloudWatch Logs adds to the length of a message when it measures events.
	eventOverhead = 26
)

// Service keeps the account's log groups.
type Service struct {
	account *account.Account
	json    wire.JSON

	mu     sync.RWMutex
	groups map[string]*group
}

// Event is one log event. Time is kept in milliseconds.
type Event struct {
	Time    time.Time
	Message string
}

// New returns a service without log groups.
func New(a *account.Account) *Service {
	s := &Service{account: a, groups: map[string]*group{}}
	s.operations()
	return s
}

// Throttled is the error of an account that calls too often.
func Throttled() error {
	return wire.Errorf(http.StatusBadRequest, "ThrottlingException", "Rate exceeded")
}

// Put writes events to a stream, which is made if it is new, for a service that logs in the name of a role: Lambda,
// or API Gateway. The group must exist, else the error has the code ResourceNotFoundException.
//
// It needs logs:PutLogEvents, and logs:CreateLogStream for a new stream. The service keeps the strings of events; a
// message over 1 MiB is cut.
func (s *Service) Put(ctx context.Context, p policy.Principal, groupName, streamName string, events []Event) error {
	g := s.group(groupName)
	arn := streamARN(groupName, streamName)
	if g == nil || g.stream(streamName) == nil {
		if err := s.account.Authorize(ctx, policy.Request{Principal: p, Action: "logs:CreateLogStream", Resource: arn}); err != nil {
			return err
		}
		if g == nil {
			return errNoGroup
		}
		// Another caller may have made it just now, which serves as well.
		_ = g.createStream(streamName, s.now())
	}
	if err := s.account.Authorize(ctx, policy.Request{Principal: p, Action: "logs:PutLogEvents", Resource: arn}); err != nil {
		return err
	}
	if err := g.append(streamName, events, s.now()); err != nil {
		return err
	}
	return s.account.Faults.After(ctx, fault.Event{Action: "logs:PutLogEvents", Resource: arn, Principal: p.String()})
}

var (
	errNoGroup = wire.Errorf(http.StatusBadRequest, "ResourceNotFoundException", "The specified log group does not exist.")
	errNoToken = invalid("The specified nextToken is invalid.")
)

func invalid(format string, args ...any) error {
	return wire.Errorf(http.StatusBadRequest, "InvalidParameterException", format, args...)
}

// now is the cloud's time in milliseconds, the unit of everything in this service.
func (s *Service) now() int64 { return s.account.Clock.Now().UnixMilli() }

func (s *Service) group(name string) *group {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.groups[name]
}

// sorted returns the groups that match, by name.
func (s *Service) sorted(match func(name string) bool) []*group {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var list []*group
	for name, g := range s.groups {
		if match(name) {
			list = append(list, g)
		}
	}
	slices.SortFunc(list, func(a, b *group) int { return strings.Compare(a.name, b.name) })
	return list
}

func groupARN(name string) string { return account.ARN("logs", "log-group:"+name) }

// streamARN names a stream. IAM compares it with policies; for actions on a whole group the stream is empty.
func streamARN(group, stream string) string { return groupARN(group) + ":log-stream:" + stream }
