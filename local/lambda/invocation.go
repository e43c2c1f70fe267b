package lambda

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/google/uuid"

	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/wire"
)

// Invocation is one synchronous call of a function by a principal.
type Invocation struct {
	Principal policy.Principal
	Keys      map[string]string // condition keys for the function's resource policy, such as aws:SourceArn
	Function  string            // a name or an ARN, without a qualifier
	// Payload is the event: JSON of at most 6 MiB, {} if it is empty. The caller must not change it any more.
	Payload     []byte
	TraceHeader string // the caller's X-Amzn-Trace-Id; empty for none
}

// Result is the answer of a function.
type Result struct {
	Payload         []byte // the function's answer or, if it failed, its error
	FunctionError   string // empty, or Unhandled if the function failed
	RequestID       string
	ExecutedVersion string // $LATEST
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
	ev := event{id: uuid.NewString(), arn: request.Resource, payload: in.Payload, trace: in.TraceHeader}
	inv, err := s.invoke(ctx, f, ev)
	if err != nil {
		return Result{}, err
	}
	return inv.result(), s.account.After(ctx, in.Principal, request.Action, request.Resource)
}

// invokeItself invokes a function for a mapping or the queue of events, and waits for the answer until the service closes. Lambda
// needs no permission for that, but a test may have injected a fault.
func (s *Service) invokeItself(f *function, ev event) (*invoke, error) {
	lambda := policy.ServicePrincipal(servicePrincipal)
	if err := s.account.Faults.Before(s.ctx, fault.Event{Action: "lambda:InvokeFunction", Resource: ev.arn, Principal: lambda.String()}); err != nil {
		s.countThrottle(f.name, err)
		return nil, err
	}
	inv, err := s.invoke(s.ctx, f, ev)
	if err != nil {
		return inv, err
	}
	return inv, s.account.After(s.ctx, lambda, "lambda:InvokeFunction", ev.arn)
}

// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
func (s *Service) invokeOperation(w http.ResponseWriter, c *wire.Call) error {
	name, f, err := s.authorize(c, "InvokeFunction")
	if err != nil {
		s.countThrottle(name, err)
		return err
	}
	if c.Header.Get("X-Amz-Client-Context") != "" || c.Header.Get("X-Amz-Log-Type") == "Tail" {
		return wire.Unsupported("client contexts and the log in the answer of an invocation")
	}
	h := w.Header()
	h.Set("X-Amz-Executed-Version", latest)
	ev := event{id: c.RequestID, arn: functionARN(name), payload: c.Body, trace: c.Header.Get("X-Amzn-Trace-Id")}
	switch kind := c.Header.Get("X-Amz-Invocation-Type"); {
	case kind == "Event" && f != nil:
		if err := ev.check(maxAsyncPayload); err != nil {
			return err
		}
		s.queueEvent(f, ev)
		w.WriteHeader(http.StatusAccepted)
		return nil
	case kind != "" && kind != "RequestResponse" && kind != "Event":
		return wire.Unsupported("the invocation type %q", kind)
	}
	inv, err := s.invoke(c.Context(), f, ev)
	if err != nil {
		return err
	}
	h.Set("Content-Type", "application/json")
	h.Set("X-Amzn-Trace-Id", inv.trace.header)
	if inv.failed {
		h.Set("X-Amz-Function-Error", Unhandled)
	}
	h.Set("Content-Length", strconv.Itoa(len(inv.response)))
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(inv.response) // the caller may have gone
	return nil
}

func (s *Service) getPolicy(c *wire.Call) (wire.Object, error) {
	f, err := s.open(c, "GetPolicy")
	if err != nil {
		return nil, err
	}
	p := f.policy.Load()
	if p == nil {
		return nil, notFound("The resource you requested does not exist.")
	}
	return wire.Object{"Policy": p.text}, nil
}

// https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html
func (s *Service) addPermissionOperation(w http.ResponseWriter, c *wire.Call) error {
	f, err := s.open(c, "AddPermission")
	if err != nil {
		return err
	}
	var in PermissionArgs
	if err := c.DecodeJSON(&in); err != nil {
		return err
	}
	if err := in.validate(); err != nil {
		return err
	}
	in.Function = f.name
	if err := s.addPermission(f, in); err != nil {
		return err
	}
	text, _ := json.Marshal(in.statement(f)) // strings
	writeJSON(w, http.StatusCreated, wire.Object{"Statement": string(text)})
	return nil
}

// https://docs.aws.amazon.com/lambda/latest/api/API_RemovePermission.html
func (s *Service) removePermissionOperation(w http.ResponseWriter, c *wire.Call) error {
	f, err := s.open(c, "RemovePermission")
	if err != nil {
		return err
	}
	if err := s.removePermission(f, c.PathValue("sid")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
