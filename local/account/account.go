// Package account describes the one AWS account and Region that the embedded cloud plays, and is where
// every service comes for the things that they share: ARNs, the clock, injected faults, switches and the log.
package account

import (
	"cmp"
	"context"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/guess"
	"github.com/order-patterns/order-patterns/local/policy"
)

// ID and Region are where everything in the embedded cloud lives.
const (
	ID     = "123456789012"
	Region = "us-east-1"
)

// Account is shared by all services of one embedded cloud.
type Account struct {
	// Clock is the only source of time. Tests stop it with clockwork.NewFakeClock.
	Clock clockwork.Clock
	// Faults are the failures that a test has asked for.
	Faults *fault.Injector
	// Guesses are the switches of what AWS does not document.
	Guesses *guess.Answers
	// Log receives what an operator of the embedded cloud should know.
	Log *slog.Logger
	// Keys are the KMS keys. Package kms sets it; nil is an account without keys.
	Keys Keys
	// Metrics are CloudWatch. Package cloudwatch sets it; nil is an account without metrics.
	Metrics Metrics
	// Gauges are added by services when they are made, and called by Metrics every minute.
	Gauges []Gauge

	endpoint atomic.Pointer[string]
	uses     atomic.Pointer[uses]
}

// New returns an account that uses the given clock and log.
func New(clock clockwork.Clock, log *slog.Logger) *Account {
	return &Account{Clock: clock, Faults: &fault.Injector{}, Guesses: &guess.Answers{}, Log: log}
}

// ARN names a resource of a regional service: arn:aws:SERVICE:us-east-1:ACCOUNT:RESOURCE.
func ARN(service, resource string) string {
	return "arn:aws:" + service + ":" + Region + ":" + ID + ":" + resource
}

// GlobalARN names a resource of a service without Regions, IAM: arn:aws:SERVICE::ACCOUNT:RESOURCE.
func GlobalARN(service, resource string) string {
	return "arn:aws:" + service + "::" + ID + ":" + resource
}

// Endpoint is the URL of the AWS endpoint, such as http://127.0.0.1:4566; empty until the cloud listens.
func (a *Account) Endpoint() string {
	if p := a.endpoint.Load(); p != nil {
		return *p
	}
	return ""
}

// SetEndpoint records where the AWS endpoint listens.
func (a *Account) SetEndpoint(url string) { a.endpoint.Store(&url) }

// Authorize decides one action of one principal on one resource, and then lets an injected fault of that
// action happen. The error is a *policy.DeniedError, or whatever the fault returns.
//
// Every operation of every service passes here once for each action that AWS would authorize, whether it came
// over HTTP or from another service.
func (a *Account) Authorize(ctx context.Context, r policy.Request) error {
	if err := a.Decide(ctx, r); err != nil {
		return err
	}
	return a.Faults.Before(ctx, event(r))
}

// After lets the faults happen that strike between the effect and the answer of an action, which Authorize has allowed.
func (a *Account) After(ctx context.Context, p policy.Principal, action, resource string) error {
	return a.Faults.After(ctx, fault.Event{Action: action, Resource: resource, Principal: p.String()})
}

// Metrics are where services publish what they measure. *cloudwatch.Service implements it.
type Metrics interface {
	// Publish stores values of one moment. The dimensions must not be changed any more.
	Publish(at time.Time, namespace string, dimensions map[string]string, values ...Value)
}

// Value is one value of a metric.
type Value struct {
	Metric, Unit string
	Value        float64
}

// Count is a value in Count.
func Count(metric string, n int) Value { return Value{metric, "Count", float64(n)} }

// Milliseconds is a value in Milliseconds.
func Milliseconds(metric string, d time.Duration) Value {
	return Value{metric, "Milliseconds", float64(d) / float64(time.Millisecond)}
}

// Gauge publishes what a service has at the end of a minute. When the clock was moved by more than a minute, it is called for
// each, and can only say what there is now.
type Gauge func(end time.Time, publish func(namespace string, dimensions map[string]string, values ...Value))

// Publish publishes values of now, unless the account has no metrics.
func (a *Account) Publish(namespace string, dimensions map[string]string, values ...Value) {
	if a.Metrics != nil {
		a.Metrics.Publish(a.Clock.Now(), namespace, dimensions, values...)
	}
}

// Keys decide who may use a KMS key. *kms.Service implements it.
type Keys interface {
	// Use authorizes actions on a key, such as "kms:Decrypt". Its errors are a *KeyError, or what a fault returns.
	Use(ctx context.Context, u KeyUse, actions ...string) error
}

// KeyUse is how a service uses a key for somebody.
type KeyUse struct {
	// Principal is the caller of the service, or a service that acts by itself.
	Principal policy.Principal
	// Service is the service that encrypts, such as "sqs". It becomes the condition key kms:ViaService of a caller's request.
	Service string
	// Key is the id or the ARN.
	Key string
	// Context is the encryption context: condition keys kms:EncryptionContext:NAME.
	Context map[string]string
	// Keys are further condition keys, such as aws:SourceArn.
	Keys map[string]string
}

// KeyError is why a key cannot be used.
type KeyError struct {
	Reason  string // AccessDenied or NotFound
	Message string
}

func (e *KeyError) Error() string { return e.Reason + ": " + e.Message }

// UseKey authorizes the use of a key. Everybody may use no key, and the keys that AWS manages for its services, whose policies
// allow all principals that may use the service. Without actions the key is not used:
// https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#aws-managed-key
func (a *Account) UseKey(ctx context.Context, u KeyUse, actions ...string) error {
	switch {
	case len(actions) == 0 || u.Key == "" || strings.HasPrefix(u.Key, "alias/aws/"):
		return nil
	case a.Keys == nil:
		return &KeyError{"NotFound", "Key '" + u.Key + "' does not exist"}
	}
	return a.Keys.Use(ctx, u, actions...)
}

// Use is an entry of a policy that has allowed something.
type Use struct {
	// Principal is the ARN of the role or user that acted, or the name of the AWS service.
	Principal string
	// Grant names a statement, and the entries of it that matched.
	policy.Grant
}

type uses struct {
	mu   sync.Mutex
	seen map[Use]bool
}

// RecordUses records which entries of policies allow what is done, until stop is called. uses returns those so far. Their number
// is limited by the size of the policies, not by the number of calls. A second record replaces the first.
func (a *Account) RecordUses() (soFar func() map[Use]bool, stop func()) {
	u := &uses{seen: map[Use]bool{}}
	a.uses.Store(u)
	return func() map[Use]bool {
		u.mu.Lock()
		defer u.mu.Unlock()
		return maps.Clone(u.seen)
	}, func() { a.uses.CompareAndSwap(u, nil) }
}

// Decide decides one action of one principal on one resource, as Authorize does, without the faults of the action: for what
// AWS checks, but nobody calls. The error is a *policy.DeniedError.
func (a *Account) Decide(ctx context.Context, r policy.Request) error {
	var granted []policy.Grant
	u := a.uses.Load()
	if u != nil {
		r.Granted = func(g policy.Grant) { granted = append(granted, g) }
	}
	if err := policy.Authorize(r); err != nil {
		a.Faults.Refused(ctx, event(r))
		return err
	}
	if u != nil {
		u.mu.Lock()
		defer u.mu.Unlock()
		for _, g := range granted {
			u.seen[Use{cmp.Or(r.Principal.RoleARN, r.Principal.String()), g}] = true
		}
	}
	return nil
}

func event(r policy.Request) fault.Event {
	return fault.Event{Action: r.Action, Resource: r.Resource, Principal: r.Principal.String()}
}
