// Package logs is the embedded cloud's Amazon CloudWatch Logs: log groups, their streams, and the events that functions,
// APIs and state machines write to them. The wire has only the operations that read.
//
// Differences from AWS:
//   - a group holds the newest 8 MiB of its events, so that the cloud's memory is bounded; its retention can end events
//     earlier;
//   - GetLogEvents has no tokens: a start and an end time select what is not on its page;
//   - filter patterns are terms, quoted phrases, optional terms (?a ?b) and { $.path = value && ... }; other syntax is refused;
//   - answers are one page, and there are no limits;
//   - queries of Logs Insights have fields, filter (=, like, ispresent, and), sort, limit and stats count(*) by; they run at once.
package logs

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/wire"
)

// Limits of https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html. The limit of a group is
// the embedded cloud's own.
const (
	maxEventBytes = 1 << 20
	maxGroupBytes = 8 << 20
	// eventOverhead is what CloudWatch Logs adds to the length of a message when it measures events.
	eventOverhead = 26
)

// Service keeps the account's log groups.
type Service struct {
	wire.Name
	wire.JSON
	// Metrics takes the metrics of log events. It is set before the first event; nil takes none.
	Metrics Metrics
	account *account.Account

	mu          sync.RWMutex
	groups      map[string]*group
	queries     map[string]*queryResults        // results of Logs Insights by id
	definitions map[string]*QueryDefinitionArgs // by id
}

// Metrics is a service that takes the metrics of log events in the embedded metric format.
type Metrics interface {
	Extract(at time.Time, message string)
}

// Event is one log event. Time is kept in milliseconds.
type Event struct {
	Time    time.Time
	Message string
}

// New returns a service without log groups.
func New(a *account.Account) *Service {
	s := &Service{Name: "logs", account: a, groups: map[string]*group{}, queries: map[string]*queryResults{},
		definitions: map[string]*QueryDefinitionArgs{}, JSON: wire.JSON{Target: "Logs_20140328", Version: "1.1"}}
	wire.HandleAllowed(&s.JSON, "logs:DescribeLogGroups", streamARN("", ""), s.describeLogGroups)
	wire.HandleOn(&s.JSON, "DescribeLogStreams", s.of, describeLogStreams)
	wire.HandleOn(&s.JSON, "GetLogEvents", s.of, s.getLogEvents)
	wire.HandleOn(&s.JSON, "FilterLogEvents", s.of, s.filterLogEvents)
	wire.Handle(&s.JSON, "StartQuery", s.startQuery)
	wire.HandleAllowed(&s.JSON, "logs:GetQueryResults", "*", s.getQueryResults)
	wire.HandleAllowed(&s.JSON, "logs:DescribeQueryDefinitions", "*", s.describeQueryDefinitions)
	return s
}

// Put writes events to a stream for a service that logs as a role, such as Lambda or API Gateway. A new stream is
// created. The group must exist, else the error has the code ResourceNotFoundException.
//
// It needs logs:PutLogEvents, and logs:CreateLogStream for a new stream. The service keeps the strings of events. A
// message over 1 MiB is cut.
func (s *Service) Put(ctx context.Context, p policy.Principal, groupName, streamName string, events []Event) error {
	g, notFound := s.group(groupName)
	arn := streamARN(groupName, streamName)
	if notFound != nil || g.stream(streamName) == nil {
		if err := s.account.Authorize(ctx, policy.Request{Principal: p, Action: "logs:CreateLogStream", Resource: arn}); err != nil {
			return err
		}
	}
	if notFound != nil {
		return notFound
	}
	if err := s.account.Authorize(ctx, policy.Request{Principal: p, Action: "logs:PutLogEvents", Resource: arn}); err != nil {
		return err
	}
	if err := s.useKey(ctx, g.key(), groupName, "kms:GenerateDataKey"); err != nil {
		return err
	}
	g.append(streamName, events, s.now())
	if s.Metrics != nil {
		for _, e := range events {
			s.Metrics.Extract(e.Time, e.Message)
		}
	}
	return s.account.Faults.After(ctx, fault.Event{Action: "logs:PutLogEvents", Resource: arn, Principal: p.String()})
}

// EnsureGroup creates a log group if it does not exist, for which it needs logs:CreateLogGroup.
func (s *Service) EnsureGroup(ctx context.Context, p policy.Principal, name string) error {
	if _, notFound := s.group(name); notFound == nil {
		return nil
	}
	if err := s.account.Authorize(ctx, policy.Request{Principal: p, Action: "logs:CreateLogGroup", Resource: streamARN(name, "")}); err != nil {
		return err
	}
	s.add(&LogGroupArgs{Name: &name})
	return nil
}

func (s *Service) add(in *LogGroupArgs) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.groups[*in.Name] != nil {
		return false
	}
	s.groups[*in.Name] = &group{name: *in.Name, created: s.now(), inputs: *in, streams: map[string]*stream{}}
	return true
}

// now is the cloud's time in milliseconds, the unit of all times in this service.
func (s *Service) now() int64 { return s.account.Clock.Now().UnixMilli() }

func (s *Service) group(name string) (*group, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return wire.Found(s.groups[name], refuse("ResourceNotFoundException", "The specified log group does not exist."))
}

func groupARN(name string) string { return account.ARN("logs", "log-group:"+name) }

// streamARN is the resource of a permission. The stream is empty for actions on a whole group.
func streamARN(group, stream string) string { return groupARN(group) + ":log-stream:" + stream }

func refuse(code, format string, args ...any) error {
	return wire.Errorf(http.StatusBadRequest, code, format, args...)
}

func invalid(format string, args ...any) error {
	return refuse("InvalidParameterException", format, args...)
}

// servicePrincipal is what the policy of a log group's key must name:
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
const servicePrincipal = "logs." + account.Region + ".amazonaws.com"

// useKey authorizes CloudWatch Logs itself to use a group's key. Who writes or reads log events needs no permission for it.
func (s *Service) useKey(ctx context.Context, key *string, groupName string, actions ...string) error {
	if key == nil {
		return nil
	}
	err := s.account.UseKey(ctx, account.KeyUse{
		Principal: policy.ServicePrincipal(servicePrincipal), Service: "logs", Key: *key,
		Context: map[string]string{"aws:logs:arn": groupARN(groupName)},
	}, actions...)
	if refused, ok := errors.AsType[*account.KeyError](err); ok {
		return refuse("AccessDeniedException", "The specified KMS key does not exist or is not allowed to be used with Arn '%s': %s", groupARN(groupName), refused.Message)
	}
	return err
}

// checkKey refuses a key that CloudWatch Logs may not use. The page above wants all these actions in its policy.
func (s *Service) checkKey(ctx context.Context, in *LogGroupArgs, groupName string) error {
	return s.useKey(ctx, in.KMSKey, groupName,
		"kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GenerateDataKey", "kms:DescribeKey")
}
