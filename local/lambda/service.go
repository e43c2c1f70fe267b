package lambda

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/iam"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/provider"
	"github.com/order-patterns/order-patterns/local/wire"
)

const (
	// accountConcurrency is how many invocations may run at once in the account, and minimumUnreserved how many of
	// them no function can reserve.
	accountConcurrency = 1000
	minimumUnreserved  = 100
	// idleLifetime is how long an environment stays warm without work. AWS does not say; minutes are observed.
	idleLifetime     = 5 * time.Minute
	servicePrincipal = "lambda.amazonaws.com"
)

// Roles starts sessions of execution roles. *iam.Service is one.
type Roles interface {
	AssumeRole(service, roleARN, session string, keys map[string]string) (policy.Principal, iam.Credentials, error)
	Revoke(accessKey string)
	RoleExists(roleARN string) bool
}

// Dependencies are what Lambda needs of other services.
type Dependencies struct {
	Roles  Roles
	Logs   Logs
	Traces Traces
	Queues Queues
	// Streams may be nil if no mapping reads a stream.
	Streams Streams
	// Dir is where deployment packages are unpacked: an existing directory that nobody else writes to.
	Dir string
}

// Service keeps the account's functions and event source mappings, and runs them.
type Service struct {
	Dependencies
	account *account.Account
	rest    wire.REST
	api     *runtimeAPI
	spawner *spawner
	janitor clockwork.Timer

	// starting has one slot for each environment that may initialise at the same time. More would only make each of
	// them slower, and an invocation that waits also takes an environment that becomes free.
	starting chan struct{}
	// unreserved counts the running invocations of functions without reserved concurrency.
	unreserved atomic.Int64

	// ctx ends when the service closes; background counts what then has to end.
	ctx        context.Context
	cancel     context.CancelFunc
	background sync.WaitGroup

	mu        sync.RWMutex
	functions map[string]*function // by name
	mappings  map[string]*mapping  // by UUID
	reserved  int                  // sum of reserved concurrency
	// deliveries are by the name of the function.
	deliveries map[string]AsyncDelivery
}

// New returns a service without functions. It listens on a loopback port for the processes of functions.
func New(a *account.Account, d Dependencies) (*Service, error) {
	if info, err := os.Stat(d.Dir); err != nil || !info.IsDir() {
		return nil, errors.Join(fmt.Errorf("lambda: %q is no directory to unpack functions in", d.Dir), err)
	}
	s := &Service{
		Dependencies: d, account: a,
		starting:  make(chan struct{}, max(4, 2*runtime.NumCPU())),
		functions: map[string]*function{}, mappings: map[string]*mapping{}, deliveries: map[string]AsyncDelivery{},
	}
	var err error
	if s.api, err = newRuntimeAPI(); err != nil {
		return nil, fmt.Errorf("lambda: listening for the Runtime API: %w", err)
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.spawner = newSpawner()
	s.mu.Lock() // a clock that runs ahead calls reap at once
	s.janitor = a.Clock.AfterFunc(time.Minute, s.reap)
	s.mu.Unlock()
	s.operations()
	return s, nil
}

// Close ends everything: mappings stop, every process of every function is killed, and their last log lines are
// delivered.
func (s *Service) Close() error {
	s.cancel()
	s.janitor.Stop()
	s.mu.RLock()
	functions := make([]*function, 0, len(s.functions))
	for _, f := range s.functions {
		functions = append(functions, f)
	}
	s.mu.RUnlock()
	for _, f := range functions {
		s.closePools(f)
	}
	s.background.Wait()
	s.spawner.close()
	return s.api.close()
}

// closePools kills what runs of a function, and refuses what waits.
func (s *Service) closePools(f *function) {
	for _, p := range s.pools(f) {
		p.close()
	}
}

// pools are those of all of a function's revisions.
func (s *Service) pools(f *function) []*pool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	pools := make([]*pool, len(f.revisions))
	for i, r := range f.revisions {
		pools[i] = r.pool
	}
	return pools
}

// begin counts a goroutine that Close has to wait for; it tells whether there still is work to begin.
func (s *Service) begin() bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.ctx.Err() != nil {
		return false
	}
	s.background.Add(1)
	return true
}

// SigningName implements wire.Service.
func (s *Service) SigningName() string { return "lambda" }

// ServeAWS implements wire.Service.
func (s *Service) ServeAWS(w http.ResponseWriter, c *wire.Call) { s.rest.ServeAWS(w, c) }

// Kinds are the Pulumi resource types that this service realises.
func (s *Service) Kinds() []provider.Kind {
	return []provider.Kind{s.functionKind(), s.permissionKind(), s.mappingKind(), s.eventInvokeConfigKind()}
}

// Stats count what happened to a function since it was created.
type Stats struct {
	// Invocations ended, whether with success or not.
	Invocations int64
	// Errors are the invocations that ended with a function error.
	Errors int64
	// Throttles are the invocations that were refused for want of concurrency.
	Throttles int64
	// Environments were started since the function was created; Running of them exist now.
	Environments int64
	Running      int
	// Busy are the invocations that run now or wait for an environment.
	Busy int
}

// Stats returns a function's counters. It is for tests and benchmarks.
func (s *Service) Stats(functionName string) Stats {
	f := s.function(functionName)
	if f == nil {
		return Stats{}
	}
	stats := Stats{
		Invocations: f.invocations.Load(), Errors: f.errors.Load(), Throttles: f.throttles.Load(),
		Environments: f.environments.Load(), Busy: int(f.inflight.Load()),
	}
	for _, p := range s.pools(f) {
		stats.Running += p.size()
	}
	return stats
}

// Kill ends all processes of a function, in the middle of what they do, as a crash of their machine would. It tells
// how many there were.
func (s *Service) Kill(functionName string) (killed int) {
	if f := s.function(functionName); f != nil {
		for _, p := range s.pools(f) {
			killed += p.kill()
		}
	}
	return killed
}

// reap ends environments that have been idle for long.
func (s *Service) reap() {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.ctx.Err() != nil {
		return
	}
	for _, f := range s.functions {
		f.current.Load().pool.reap(s.account.Clock.Now().Add(-idleLifetime))
	}
	s.janitor.Reset(time.Minute)
}
