package lambda

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/provider"
)

// EventInvokeConfigArgs are the inputs of aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig.
type EventInvokeConfigArgs struct {
	FunctionName             string             `pulumi:"functionName,replace" json:"-"`
	MaximumRetryAttempts     *int               `pulumi:"maximumRetryAttempts,optional"`
	MaximumEventAgeInSeconds *int               `pulumi:"maximumEventAgeInSeconds,optional" json:",omitempty"`
	DestinationConfig        *EventDestinations `pulumi:"destinationConfig,optional" json:",omitempty"`
}

// EventDestinations receive the records of events that the function failed with.
type EventDestinations struct {
	OnFailure *EventDestination `pulumi:"onFailure,optional" json:",omitempty"`
}

// EventDestination is the ARN of a standard queue.
type EventDestination struct {
	Destination string `pulumi:"destination"`
}

// eventSettings control how a function's events are delivered now.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-configuring.html
func (f *function) eventSettings() *EventInvokeConfigArgs {
	return cmp.Or(f.events.Load(), &EventInvokeConfigArgs{})
}

func (in *EventInvokeConfigArgs) retries() int { return value(in.MaximumRetryAttempts, defaultRetries) }

func (in *EventInvokeConfigArgs) maxAge() time.Duration {
	return time.Duration(value(in.MaximumEventAgeInSeconds, int(maxEventAge/time.Second))) * time.Second
}

// destination is the ARN of a queue, empty for none.
func (in *EventInvokeConfigArgs) destination() string {
	return value(value(in.DestinationConfig, EventDestinations{}).OnFailure, EventDestination{}).Destination
}

func checkEventInvokeConfig(c *provider.Checker, in *EventInvokeConfigArgs) {
	c.Range("maximumRetryAttempts", in.MaximumRetryAttempts, 0, defaultRetries)
	c.Range("maximumEventAgeInSeconds", in.MaximumEventAgeInSeconds, 60, int(maxEventAge/time.Second))
	checkDestinationARN(c, "destinationConfig.onFailure.destination", in.destination())
}

// checkDestinationARN accepts an empty ARN.
func checkDestinationARN(c *provider.Checker, property, arn string) {
	if arn != "" && !c.Unknown(property) && (!isQueue(arn) || strings.HasSuffix(arn, ".fifo")) {
		c.Failf(property, "must be the ARN of a standard queue of this account and Region: the embedded cloud has no other destinations, got %q", arn)
	}
}

func (s *Service) eventInvokeConfigKind() provider.Kind {
	// Creating a second one replaces the first, as on AWS.
	owner := func(in *EventInvokeConfigArgs) string { return in.FunctionName }
	return provider.Setting(owner, s.putEventSettings, provider.Object[EventInvokeConfigArgs, function]{
		Type:  "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig",
		Check: checkEventInvokeConfig,
		Find:  s.named,
		State: func(f *function) *EventInvokeConfigArgs { return f.events.Load() },
	})
}

// putEventSettings sets how a function's events are delivered from now on, also those that wait. Without settings AWS's defaults apply.
func (s *Service) putEventSettings(ctx context.Context, f *function, in *EventInvokeConfigArgs) error {
	if in == nil {
		f.events.Store(nil)
		return nil
	}
	set := *in
	set.MaximumRetryAttempts = new(set.retries())
	if err := s.withRole(f.current.Load().args.Role, f.name, func(p policy.Principal) error {
		return checkDestination(ctx, s.Queues, p, set.destination())
	}); err != nil {
		return err
	}
	f.events.Store(&set)
	return nil
}

// checkDestination refuses a queue that does not exist, or to which the principal may not send. An empty ARN is accepted.
func checkDestination(ctx context.Context, queues Queues, p policy.Principal, queueARN string) error {
	if queueARN == "" {
		return nil
	}
	// Injected faults of sending are ignored here: only the policies of the role and the queue decide.
	if err := queues.Authorize(ctx, p, nil, "sqs:SendMessage", queueARN); policy.IsDenied(err) {
		return invalidParameter("The function's execution role does not have permissions to call SendMessage on %s", queueARN)
	}
	if _, exists := queues.VisibilityTimeout(queueARN); !exists {
		return invalidParameter("The destination ARN %s is invalid.", queueARN)
	}
	return nil
}
