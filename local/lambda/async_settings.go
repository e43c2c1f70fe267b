package lambda

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/order-patterns/order-patterns/local/provider"
)

// EventInvokeConfigArgs are the inputs of aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig.
type EventInvokeConfigArgs struct {
	FunctionName             string             `pulumi:"functionName,replace"`
	Qualifier                *string            `pulumi:"qualifier,optional,replace"`
	MaximumRetryAttempts     *int               `pulumi:"maximumRetryAttempts,optional"`
	MaximumEventAgeInSeconds *int               `pulumi:"maximumEventAgeInSeconds,optional"`
	DestinationConfig        *EventDestinations `pulumi:"destinationConfig,optional"`
}

// EventDestinations are where the records of events go that the function took, and of those that it did not.
type EventDestinations struct {
	OnFailure *EventDestination `pulumi:"onFailure,optional"`
	OnSuccess *EventDestination `pulumi:"onSuccess,optional"`
}

// EventDestination is the ARN of a standard queue.
type EventDestination struct {
	Destination string `pulumi:"destination"`
}

func (d *EventDestination) arn() string {
	if d == nil {
		return ""
	}
	return d.Destination
}

// eventSettings are how a function's events are delivered, with AWS's defaults filled in.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-configuring.html
type eventSettings struct {
	args                 EventInvokeConfigArgs // as given
	retries              int
	age                  time.Duration
	onSuccess, onFailure string // ARNs of queues, empty for none
	modified             time.Time
}

// eventSettings are those that a function has now.
func (f *function) eventSettings() *eventSettings {
	if set := f.events.Load(); set != nil {
		return set
	}
	return &eventSettings{retries: defaultRetries, age: maxEventAge}
}

func checkEventInvokeConfig(c *provider.Checker, in *EventInvokeConfigArgs) {
	if !c.Unknown("functionName") {
		ref, err := parseReference(in.FunctionName, "")
		if err != nil || (in.FunctionName != ref.name && in.FunctionName != functionARN(ref.name)) {
			c.Failf("functionName", "must be a name or an ARN of a function, without a qualifier, got %q", in.FunctionName)
		}
	}
	if in.Qualifier != nil && *in.Qualifier != latest {
		c.Failf("qualifier", "must be %s or absent: the embedded cloud has no versions and aliases of functions, got %q", latest, *in.Qualifier)
	}
	c.Range("maximumRetryAttempts", in.MaximumRetryAttempts, 0, defaultRetries)
	c.Range("maximumEventAgeInSeconds", in.MaximumEventAgeInSeconds, 60, int(maxEventAge/time.Second))
	if d := in.DestinationConfig; d != nil {
		checkEventDestination(c, "destinationConfig.onFailure.destination", d.OnFailure)
		checkEventDestination(c, "destinationConfig.onSuccess.destination", d.OnSuccess)
	}
}

// otherDestinations are those that AWS has, by the service in their ARN.
var otherDestinations = map[string]string{
	"sns": "an SNS topic", "lambda": "a function", "events": "an event bus", "s3": "a bucket",
}

func checkEventDestination(c *provider.Checker, property string, d *EventDestination) {
	if d == nil || c.Unknown(property) {
		return
	}
	if what, ok := otherDestinations[service(d.Destination)]; ok {
		c.Failf(property, "must be the ARN of a queue: the embedded cloud does not send the records of events to %s, got %q", what, d.Destination)
	} else if !isQueue(d.Destination) || strings.HasSuffix(d.Destination, ".fifo") {
		c.Failf(property, "must be the ARN of a standard queue of this account and Region, got %q", d.Destination)
	}
}

func (s *Service) eventInvokeConfigKind() provider.Kind {
	return &provider.Resource[EventInvokeConfigArgs, EventInvokeConfigArgs]{
		Type:  "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig",
		Check: checkEventInvokeConfig,
		// Creating one over another replaces it, as on AWS.
		Create: func(ctx context.Context, in *EventInvokeConfigArgs) (string, *EventInvokeConfigArgs, error) {
			state, err := s.putEventSettings(ctx, in)
			id := in.FunctionName
			if in.Qualifier != nil {
				id += ":" + *in.Qualifier
			}
			return id, state, err
		},
		Read: func(_ context.Context, id string) (*EventInvokeConfigArgs, error) {
			ref, err := parseReference(id, "")
			if err != nil {
				return nil, err
			}
			if f := s.function(ref.name); f != nil && f.events.Load() != nil {
				return f.events.Load().state(id), nil
			}
			return nil, nil
		},
		Update: func(ctx context.Context, _ string, in *EventInvokeConfigArgs) (*EventInvokeConfigArgs, error) {
			return s.putEventSettings(ctx, in)
		},
		Delete: func(_ context.Context, id string) error {
			ref, err := parseReference(id, "")
			if f := s.function(ref.name); f != nil {
				f.events.Store(nil)
			}
			return err
		},
	}
}

// putEventSettings sets how a function's events are delivered from now on, those that wait included.
func (s *Service) putEventSettings(ctx context.Context, in *EventInvokeConfigArgs) (*EventInvokeConfigArgs, error) {
	ref, err := parseReference(in.FunctionName, value(in.Qualifier, ""))
	if err != nil {
		return nil, err
	}
	f := s.function(ref.name)
	if f == nil {
		return nil, functionNotFound(ref.arn)
	}
	set := &eventSettings{
		args: *in, retries: value(in.MaximumRetryAttempts, defaultRetries), age: maxEventAge, modified: s.account.Clock.Now(),
	}
	if age := in.MaximumEventAgeInSeconds; age != nil {
		set.age = time.Duration(*age) * time.Second
	}
	if d := in.DestinationConfig; d != nil {
		set.onSuccess, set.onFailure = d.OnSuccess.arn(), d.OnFailure.arn()
	}
	for _, destination := range []string{set.onSuccess, set.onFailure} {
		if destination == "" {
			continue
		}
		if err := s.checkDestination(ctx, f, destination); err != nil {
			return nil, err
		}
	}
	f.events.Store(set)
	return set.state(in.FunctionName), nil
}

// checkDestination refuses a queue that does not exist, or to which the function's role may not send.
func (s *Service) checkDestination(ctx context.Context, f *function, queueARN string) error {
	p, creds, err := s.Roles.AssumeRole(servicePrincipal, f.current.Load().config.role, f.name, nil)
	if err != nil {
		return cannotAssume(http.StatusBadRequest, "InvalidParameterValueException")
	}
	defer s.Roles.Revoke(creds.AccessKeyID)
	// An injected fault of this action is meant for sending; here only the role and the queue's policy speak.
	if err := s.Queues.Authorize(ctx, p, nil, "sqs:SendMessage", queueARN); isDenied(err) {
		return invalidParameter("The function's execution role does not have permissions to call SendMessage on %s", queueARN)
	}
	if _, exists := s.Queues.VisibilityTimeout(queueARN); !exists {
		return invalidParameter("The destination ARN %s is invalid.", queueARN)
	}
	return nil
}

// state is what the AWS provider would show of the resource with this id: it names the function as the id does.
func (set *eventSettings) state(id string) *EventInvokeConfigArgs {
	in := set.args
	in.FunctionName = strings.TrimSuffix(id, ":"+latest)
	in.MaximumRetryAttempts = &set.retries
	return &in
}
