package lambda

import (
	"strings"
	"sync/atomic"

	"github.com/google/uuid"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/wire"
)

// latest is the only version that functions have here.
const latest = "$LATEST"

// function is one function. What an update replaces is in its current revision.
type function struct {
	name     string
	current  atomic.Pointer[revision]
	policy   atomic.Pointer[resourcePolicy]
	events   atomic.Pointer[eventSettings] // nil for AWS's defaults
	inflight atomic.Int64
	// revisions are the current one and those that still finish what they have. The service's lock guards them.
	revisions []*revision

	invocations, errors, throttles, environments atomic.Int64
}

func (f *function) arn() string { return functionARN(f.name) }

func functionARN(name string) string { return account.ARN("lambda", "function:"+name) }

func (s *Service) function(name string) *function {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.functions[name]
}

// reference is how a caller names a function: FUNCTION, ACCOUNT:function:FUNCTION or the whole ARN, each with or
// without :QUALIFIER; or with the qualifier apart.
type reference struct{ name, arn string }

func parseReference(text, qualifier string) (reference, error) {
	rest := text
	if strings.HasPrefix(rest, "arn:") {
		rest = strings.TrimPrefix(rest, account.ARN("lambda", "function:"))
	} else {
		rest = strings.TrimPrefix(rest, account.ID+":function:")
	}
	name, inline, _ := strings.Cut(rest, ":")
	if inline == "" {
		inline = qualifier
	}
	if !functionName.MatchString(name) || (qualifier != "" && inline != qualifier) {
		return reference{}, wire.Errorf(400, "ValidationException", "%q is no name or ARN of a function of this account and Region", text)
	}
	switch inline {
	case "":
		return reference{name, functionARN(name)}, nil
	case latest:
		return reference{name, functionARN(name) + ":" + latest}, nil
	}
	return reference{}, wire.Unsupported("versions and aliases: qualifier %q of function %q", inline, name)
}

// resourcePolicy is a function's policy in the form that decisions need, and as it was added.
type resourcePolicy struct {
	doc        *policy.Document
	text       string
	statements []statement
	revision   string
}

func (f *function) document() *policy.Document {
	if p := f.policy.Load(); p != nil {
		return p.doc
	}
	return nil
}

func newRevisionID() string { return uuid.NewString() }
