package lambda

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/wire"
)

// revision is the code and the configuration of a function between two updates, with the environments that run it.
type revision struct {
	fn       *function
	args     FunctionArgs // with defaults
	timeout  time.Duration
	logGroup string
	bundle   *bundle
	dir      string // where the bundle is unpacked
	modified time.Time
	pool     *pool
}

// put makes a new revision the current one of a function. The function may be new.
func (s *Service) put(f *function, in *FunctionArgs) error {
	if err := s.checkRole(in); err != nil {
		return err
	}
	b, err := s.code(f, in)
	if err != nil {
		return invalidParameter("code %v", err)
	}
	rev := &revision{
		fn: f, args: in.withDefaults(), bundle: b, modified: s.account.Clock.Now().UTC(),
		dir:      filepath.Join(s.Dir, f.name+"-"+uuid.NewString()),
		logGroup: value(value(in.LoggingConfig, LoggingConfig{}).LogGroup, "/aws/lambda/"+f.name),
	}
	rev.timeout = time.Duration(*rev.args.Timeout) * time.Second
	rev.pool = newPool(s, rev)
	if err := s.spawner.do(func() error { return os.CopyFS(rev.dir, b.zip) }); err != nil {
		rev.discard()
		return fmt.Errorf("lambda: function %s: %w", f.name, err)
	}

	s.mu.Lock()
	if s.ctx.Err() != nil { // Close does not see it any more
		s.mu.Unlock()
		rev.discard()
		return errClosed
	}
	old := f.current.Load()
	reserved, before := rev.reserved(), 0
	if old != nil {
		before = old.reserved()
	}
	total := s.reserved - before + reserved
	if reserved > before && accountConcurrency-total < minimumUnreserved {
		s.mu.Unlock()
		rev.discard()
		return invalidParameter("reservedConcurrentExecutions would leave the account less than its minimum of [%d] unreserved executions.", minimumUnreserved)
	}
	s.reserved = total
	f.current.Store(rev)
	s.functions[f.name] = f
	f.revisions = append(f.revisions, rev)
	s.mu.Unlock()
	if old != nil {
		old.pool.retire()
	}
	return nil
}

// reserved is how much concurrency the revision takes from the account.
func (r *revision) reserved() int { return max(0, *r.args.ReservedConcurrentExecutions) }

// checkRole refuses a role that Lambda may not assume, or that may not attach the function to its VPC.
func (s *Service) checkRole(in *FunctionArgs) error {
	return s.withRole(in.Role, "check", func(p policy.Principal) error {
		for _, call := range []string{"CreateNetworkInterface", "DescribeNetworkInterfaces", "DeleteNetworkInterface"} {
			r := policy.Request{Principal: p, Action: "ec2:" + call, Resource: "*"}
			if in.VPC != nil && len(in.VPC.SubnetIDs) > 0 && policy.IsDenied(s.account.Authorize(context.Background(), r)) {
				return invalidParameter("The provided execution role does not have permissions to call %s on EC2", call)
			}
		}
		return nil
	})
}

// discard removes a revision without processes. Files that cannot be removed stay until the service's directory is removed.
func (r *revision) discard() {
	_ = os.RemoveAll(r.dir)
	s := r.pool.s
	s.mu.Lock()
	defer s.mu.Unlock()
	r.fn.revisions = slices.DeleteFunc(r.fn.revisions, func(other *revision) bool { return other == r })
}

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

func (s *Service) function(name string) *function {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.functions[name]
}

// named returns the function with a name or an ARN.
func (s *Service) named(text string) (*function, error) {
	name, err := parseName(text)
	if err != nil {
		return nil, err
	}
	return s.find(name)
}

func (s *Service) find(name string) (*function, error) {
	return wire.Found(s.function(name), functionNotFound(name))
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
