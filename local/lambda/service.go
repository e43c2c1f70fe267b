// Package lambda is the embedded cloud's AWS Lambda, with the runtime provided.al2023. The deployment package is unpacked and
// its bootstrap is started as a process, which gets events from the Runtime API. An environment stays warm and handles one
// event at a time. There are as many environments as concurrent events.
//
// Differences from AWS:
//
//   - Functions are native processes of this machine: their architecture must be that of the machine, memory is not
//     limited, and /tmp is shared.
//   - An environment that crashed or timed out is replaced by a new one. AWS resets it and keeps its /tmp.
//   - A function that has many environments gets more of them only gradually, and a mapping adds at most one poller a second.
//   - A log group is not created if it is missing. Lambda's own log lines are JSON in both log formats, those of functions are
//     not filtered by their level, and the answer of an invocation has no log.
//   - Functions, mappings and their settings are created, changed and deleted by Pulumi, not by operations, except permissions
//     and whether a mapping is enabled. Versions, aliases, layers but that of Lambda Insights, images, filters of queues, tumbling
//     windows, dead-letter queues of functions, destinations of events that succeeded and destinations other than queues are
//     refused by name.
//   - A VPC is recorded, and the role must be allowed to attach to it. The function reaches what it would reach without it.
package lambda

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/iam"
	"github.com/order-patterns/order-patterns/local/kinesis"
	"github.com/order-patterns/order-patterns/local/logs"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/wire"
	"github.com/order-patterns/order-patterns/local/xray"
)

const (
	// accountConcurrency is the limit of concurrent invocations of the account. Functions cannot reserve the last
	// minimumUnreserved of them.
	accountConcurrency = 1000
	minimumUnreserved  = 100
	// idleLifetime is how long an environment stays warm without work.
	idleLifetime     = 5 * time.Minute
	servicePrincipal = "lambda.amazonaws.com"
)

// Dependencies are the other services that Lambda uses.
type Dependencies struct {
	Roles   *iam.Service
	Logs    *logs.Service
	Traces  xray.Traces
	Queues  Queues
	Streams *kinesis.Service // may be nil if no mapping reads a stream
	Objects Objects          // may be nil if no function's code is in S3
	// Dir is an existing directory in which deployment packages are unpacked. Nothing else writes to it.
	Dir string
}

// Objects are those in S3. *s3.Service implements it.
type Objects interface {
	// Object returns the content of an object, which must not be changed.
	Object(bucket, key string) ([]byte, error)
}

// Service keeps the account's functions and event source mappings, and runs them.
type Service struct {
	Dependencies
	wire.Name
	wire.REST
	account *account.Account
	api     *runtimeAPI
	spawner *spawner
	janitor clockwork.Timer

	// starting has one slot for each environment that may initialise at the same time. More would slow each other down, and
	// an invocation that waits also gets an environment that becomes free.
	starting chan struct{}
	// unreserved counts the running invocations of functions without reserved concurrency.
	unreserved atomic.Int64

	// ctx ends when the service closes. background counts the goroutines that Close waits for.
	ctx        context.Context
	cancel     context.CancelFunc
	background sync.WaitGroup

	mu        sync.RWMutex
	functions map[string]*function // by name
	mappings  map[string]*mapping  // by UUID
	reserved  int                  // sum of reserved concurrency
}

// New returns a service without functions. It listens on a loopback port for the processes of functions.
func New(a *account.Account, d Dependencies) (*Service, error) {
	s := &Service{
		Dependencies: d, Name: "lambda", account: a,
		starting:  make(chan struct{}, max(4, 2*runtime.NumCPU())),
		functions: map[string]*function{}, mappings: map[string]*mapping{},
	}
	var err error
	if s.api, err = newRuntimeAPI(); err != nil {
		return nil, fmt.Errorf("lambda: listening for the Runtime API: %w", err)
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.spawner = newSpawner()
	s.mu.Lock() // reap may run before AfterFunc returns
	s.janitor = a.Clock.AfterFunc(time.Minute, s.reap)
	s.mu.Unlock()
	s.operations()
	a.Gauges = append(a.Gauges, s.gauge)
	return s, nil
}

// Close stops the mappings, kills every process of every function, and delivers their last log lines.
func (s *Service) Close() error {
	s.cancel()
	s.janitor.Stop()
	s.mu.RLock()
	functions := slices.Collect(maps.Values(s.functions))
	s.mu.RUnlock()
	for _, f := range functions {
		for _, p := range s.pools(f) {
			p.close()
		}
	}
	s.background.Wait()
	s.spawner.close()
	return s.api.close()
}

func (s *Service) pools(f *function) []*pool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	pools := make([]*pool, len(f.revisions))
	for i, r := range f.revisions {
		pools[i] = r.pool
	}
	return pools
}

// begin counts a goroutine that Close waits for. It returns false if the service is closed.
func (s *Service) begin() bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.ctx.Err() != nil {
		return false
	}
	s.background.Add(1)
	return true
}

// sleep waits by the account's clock, or until ctx ends.
func (s *Service) sleep(ctx context.Context, d time.Duration) {
	select {
	case <-s.account.Clock.After(d):
	case <-ctx.Done():
	}
}

func (s *Service) reap() {
	s.mu.RLock()
	functions := slices.Collect(maps.Values(s.functions)) // a pool that is locked may lock the service
	s.mu.RUnlock()
	if s.ctx.Err() != nil {
		return
	}
	for _, f := range functions {
		f.current.Load().pool.reap(s.account.Clock.Now().Add(-idleLifetime))
	}
	s.janitor.Reset(time.Minute)
}

// withRole runs f with a short session of a function's role.
func (s *Service) withRole(role, session string, f func(policy.Principal) error) error {
	p, creds, err := s.Roles.AssumeRole(servicePrincipal, role, session, nil)
	if err != nil {
		return invalidParameter(cannotAssume)
	}
	defer s.Roles.Revoke(creds.AccessKeyID)
	return f(p)
}

// Throttled is the error of a call that exceeds the function's reserved concurrency.
func Throttled() error { return throttled("ReservedFunctionConcurrentInvocationLimitExceeded") }

func throttled(reason string) *wire.Error {
	return &wire.Error{
		Status: http.StatusTooManyRequests, Code: "TooManyRequestsException", Message: "Rate Exceeded.",
		Fields: map[string]any{"Reason": reason, "Type": "User"},
	}
}

func notFound(format string, args ...any) *wire.Error {
	return wire.Errorf(http.StatusNotFound, "ResourceNotFoundException", format, args...)
}

func functionNotFound(name string) *wire.Error {
	return notFound("Function not found: %s", functionARN(name))
}

func conflict(format string, args ...any) *wire.Error {
	return wire.Errorf(http.StatusConflict, "ResourceConflictException", format, args...)
}

func invalidParameter(format string, args ...any) *wire.Error {
	return wire.Errorf(http.StatusBadRequest, "InvalidParameterValueException", format, args...)
}

const cannotAssume = "The role defined for the function cannot be assumed by Lambda."

func problem(call string, err error) string {
	if policy.IsDenied(err) {
		return "PROBLEM: Lambda is not authorized to call " + call + ": " + err.Error()
	}
	return "PROBLEM: " + call + ": " + err.Error()
}

var errClosed = errors.New("lambda: the service is closed")

// isThrottled reports whether an invocation that failed with err should be retried: it was throttled, or Lambda failed.
func isThrottled(err error) bool {
	status := statusOf(err)
	return status == http.StatusTooManyRequests || status >= http.StatusInternalServerError
}

// statusOf is that of a *wire.Error, and 0 for other errors.
func statusOf(err error) int {
	e, _ := errors.AsType[*wire.Error](err)
	return value(e, wire.Error{}).Status
}
