package lambda

import (
	"strings"
	"sync/atomic"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/wire"
)

// latest is the only version of a function.
const latest = "$LATEST"

// function is one function. An update replaces its current revision.
type function struct {
	name     string
	current  atomic.Pointer[revision]
	policy   atomic.Pointer[resourcePolicy]        // nil for none
	events   atomic.Pointer[EventInvokeConfigArgs] // nil for AWS's defaults
	inflight atomic.Int64
	// revisions are the current one and those that finish their invocations. The service's lock guards them.
	revisions []*revision

	invocations, errors, throttles, environments atomic.Int64
}

func (f *function) arn() string { return functionARN(f.name) }

func functionARN(name string) string { return account.ARN("lambda", "function:"+name) }

// function returns the function with this name, or nil.
func (s *Service) function(name string) *function {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.functions[name]
}

func (s *Service) find(name string) (*function, error) {
	if f := s.function(name); f != nil {
		return f, nil
	}
	return nil, functionNotFound(name)
}

// parseName returns the name of a function from its name, its ARN or ACCOUNT:function:NAME. A qualifier is refused: there
// are no versions and aliases.
func parseName(text string) (string, error) {
	rest, ok := strings.CutPrefix(text, functionARN(""))
	if !ok {
		rest = strings.TrimPrefix(text, account.ID+":function:")
	}
	name, qualifier, _ := strings.Cut(rest, ":")
	switch {
	case !functionName.MatchString(name):
		return "", wire.Errorf(400, "ValidationException", "%q is not the name or the ARN of a function of this account and Region", text)
	case qualifier != "":
		return "", wire.Unsupported("versions and aliases: qualifier %q of function %q", qualifier, name)
	}
	return name, nil
}
