// Package wire speaks the protocols of AWS APIs: it authenticates a signed request, finds the service and the
// operation that it is for, and renders results and errors as AWS SDKs expect them.
//
// The protocols are described at https://smithy.io/2.0/aws/protocols/index.html.
package wire

import (
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/policy"
)

// Call is one authenticated request to a service.
type Call struct {
	*http.Request
	Account   *account.Account
	Principal policy.Principal
	Operation string // "PutItem"
	Body      []byte
	RequestID string
	// Presigned is set when the signature came in the query string.
	Presigned bool
	// Resources are what the operation acts on, if the service records it for its metrics.
	Resources []string

	performed []fault.Event
}

// Service is one AWS service behind the endpoint.
type Service interface {
	// SigningName is the service's name in the scope of a signature: "dynamodb".
	SigningName() string
	// ServeAWS answers a call.
	ServeAWS(http.ResponseWriter, *Call)
}

// Name is a service's name in the scope of a signature: "dynamodb".
type Name string

// SigningName implements Service.
func (n Name) SigningName() string { return string(n) }

// With is what a decision of Authorize depends on beside the caller's own policies.
type With struct {
	ResourcePolicy *policy.Document  // attached to the resource; nil for none
	ByDelegation   bool              // as KMS decides
	Keys           map[string]string // condition keys
}

// Authorize decides whether the caller may perform action ("dynamodb:PutItem") on the resource with this ARN.
// Return its error as it is: the protocol knows how to render it.
func (c *Call) Authorize(action, resource string, with ...With) error {
	r := policy.Request{Principal: c.Principal, Action: action, Resource: resource}
	for _, w := range with {
		r.ResourcePolicy, r.ByDelegation, r.Keys = w.ResourcePolicy, w.ByDelegation, w.Keys
	}
	if err := c.Account.Authorize(c.Context(), r); err != nil {
		return err
	}
	if c.Account.Faults.Active() {
		c.performed = append(c.performed, fault.Event{Action: action, Resource: resource, Principal: c.Principal.String()})
	}
	return nil
}

// done runs the faults that act after an action's effect and before its answer.
func (c *Call) done() error {
	for _, e := range c.performed {
		if err := c.Account.Faults.After(c.Context(), e); err != nil {
			return err
		}
	}
	return nil
}

// operations are those of a service, by name. Each reads its parameters with a function of the protocol of the call, and
// returns its result.
type operations map[string]func(c *Call, decode func(*Call, any) error) (any, error)

func (o *operations) all() *operations { return o }

// Protocol is *JSON or *Query.
type Protocol interface{ all() *operations }

// Handle adds an operation. Parameters of the request that In lacks are refused by name, never ignored: In has
// exactly the members that are implemented.
func Handle[In, Out any](p Protocol, name string, f func(*Call, *In) (Out, error)) {
	o := p.all()
	if *o == nil {
		*o = operations{}
	}
	(*o)[name] = func(c *Call, decode func(*Call, any) error) (any, error) {
		c.Operation = name
		in := new(In)
		if err := decode(c, in); err != nil {
			return nil, err
		}
		out, err := f(c, in)
		if err != nil {
			return nil, err
		}
		return out, c.done()
	}
}

// HandleOn adds an operation on one thing, which open authorizes and finds by a parameter. open has the operation's name in
// Call.Operation.
func HandleOn[In, Target, T, Out any, P interface {
	*In
	Target() Target
}](p Protocol, name string, open func(*Call, Target) (T, error), f func(*Call, T, *In) (Out, error)) {
	Handle(p, name, func(c *Call, in *In) (out Out, err error) {
		t, err := open(c, P(in).Target())
		if err != nil {
			return out, err
		}
		return f(c, t, in)
	})
}

// HandleAllowed adds an operation that needs the permission of its name, such as "sqs:ListQueues", on a resource, often *.
func HandleAllowed[In, Out any](p Protocol, action, resource string, f func(*Call, *In) (Out, error)) {
	_, name, _ := strings.Cut(action, ":")
	Handle(p, name, func(c *Call, in *In) (out Out, err error) {
		if err := c.Authorize(action, resource); err != nil {
			return out, err
		}
		return f(c, in)
	})
}

// Object is a JSON object of an answer.
type Object map[string]any

// With adds the members that are not empty. AWS leaves out members without a value.
func (o Object) With(members Object) Object {
	for name, v := range members {
		switch value := reflect.ValueOf(v); {
		case !value.IsValid() || value.IsZero():
		case (value.Kind() == reflect.Map || value.Kind() == reflect.Slice) && value.Len() == 0:
		default:
			o[name] = v
		}
	}
	return o
}

// List returns what output makes of the values of a map, in the order of its keys.
func List[V, Out any](of map[string]V, output func(V) Out) []Out {
	list := []Out{}
	for _, key := range slices.Sorted(maps.Keys(of)) {
		list = append(list, output(of[key]))
	}
	return list
}

// Found returns a thing that was looked up, or the error that there is none.
func Found[T any](v *T, absent error) (*T, error) {
	if v == nil {
		return nil, absent
	}
	return v, nil
}
