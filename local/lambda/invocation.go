package lambda

import (
	"context"

	"github.com/google/uuid"

	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/policy"
)

// Invocation is one synchronous call of a function by a principal.
type Invocation struct {
	Principal policy.Principal
	// Keys are condition keys for the function's resource policy, such as aws:SourceArn.
	Keys map[string]string
	// Function is a name or an ARN, without a qualifier.
	Function string
	// Payload is the event: JSON of at most 6 MiB. An empty payload is sent as {}. It is not copied: the caller must not
	// change it any more.
	Payload []byte
	// TraceHeader is the caller's X-Amzn-Trace-Id; empty for none.
	TraceHeader string
}

// Result is the answer of a function.
type Result struct {
	// Payload is the function's answer or, if it failed, its error.
	Payload []byte
	// FunctionError is empty, or Unhandled if the function failed.
	FunctionError string
	RequestID     string
	// ExecutedVersion is always $LATEST.
	ExecutedVersion string
}

// Invoker invokes functions for other services. Invoke must return when its context ends. *Service implements it.
type Invoker interface {
	Invoke(ctx context.Context, in Invocation) (Result, error)
}

// Unhandled is the only FunctionError that AWS still returns.
const Unhandled = "Unhandled"

// Limits of https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html, in bytes.
const (
	maxSyncPayload  = 6 << 20
	maxAsyncPayload = 1 << 20
	// maxResponse has the tolerance of the Runtime API.
	maxResponse = 6<<20 + 100
)

// Invoke invokes a function and waits for its answer. It authorizes lambda:InvokeFunction, also with the function's resource
// policy. The error is a *policy.DeniedError, a *wire.Error, or that of ctx: then the function runs on, as on AWS. A function
// that fails is not an error: see Result.FunctionError.
// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
func (s *Service) Invoke(ctx context.Context, in Invocation) (Result, error) {
	name, err := parseName(in.Function)
	if err != nil {
		return Result{}, err
	}
	f := s.function(name)
	request := policy.Request{
		Principal: in.Principal, Action: "lambda:InvokeFunction", Resource: functionARN(name), Keys: in.Keys, ResourcePolicy: f.document(),
	}
	if err := s.account.Authorize(ctx, request); err != nil {
		s.countThrottle(name, err) // if it is an injected one
		return Result{}, err
	}
	ev := event{id: uuid.NewString(), arn: request.Resource, payload: in.Payload, limit: maxSyncPayload, trace: in.TraceHeader}
	inv, err := s.invoke(ctx, f, ev)
	if err != nil {
		return Result{}, err
	}
	return inv.result(), s.account.After(ctx, in.Principal, request.Action, request.Resource)
}

// invokeItself invokes a function for a mapping or the queue of events, and waits for the answer until ctx ends. Lambda needs
// no permission for that, but a test may have injected a fault.
func (s *Service) invokeItself(ctx context.Context, f *function, ev event) (*invoke, error) {
	lambda := policy.ServicePrincipal(servicePrincipal)
	if err := s.account.Faults.Before(s.ctx, fault.Event{Action: "lambda:InvokeFunction", Resource: ev.arn, Principal: lambda.String()}); err != nil {
		s.countThrottle(f.name, err)
		return nil, err
	}
	inv, err := s.invoke(ctx, f, ev)
	if err != nil {
		return inv, err
	}
	return inv, s.account.After(s.ctx, lambda, "lambda:InvokeFunction", ev.arn)
}
