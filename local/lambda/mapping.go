package lambda

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/wire"
	"github.com/order-patterns/order-patterns/local/xray"
)

// mapping is an event source mapping: it reads a source with the permissions of the function's role, and invokes the
// function with batches.
type mapping struct {
	s        *Service
	uuid     string
	settings atomic.Pointer[mappingSettings]
	places   places     // in a stream
	trying   sync.Map   // *lane to the arrival of the last record of its batch
	changing sync.Mutex // held while it is created, changed or deleted

	mu      sync.Mutex
	result  string // LastProcessingResult
	role    string // of session
	session policy.Principal
	key     string        // access key of session
	stop    func()        // ends polling; nil while disabled
	stopped chan struct{} // closed when everything that was polled is handled
}

// mappingSettings are replaced as a whole, never changed.
type mappingSettings struct {
	args     *MappingArgs // with defaults
	function string       // its name
	source   source
	modified time.Time
}

// function returns the mapping's function; nil if it was deleted.
func (m *mapping) function() *function { return m.s.function(m.functionName()) }

func (m *mapping) functionName() string { return m.settings.Load().function }

// source is a kind of event source, with the mapping's settings for it. It has no state of its own.
type source interface {
	// check refuses a mapping that the source or the role does not allow. AWS checks when it is created or changed.
	check(s *Service, p policy.Principal, function *revision) error
	// run reads and invokes until ctx ends, and then finishes the invocations that it has begun.
	run(ctx context.Context, m *mapping)
}

func newSource(in *MappingArgs) (source, error) {
	switch {
	case isQueue(in.EventSourceARN):
		return &sqsSource{in}, nil
	case in.ofStream():
		return newStreamSource(in)
	}
	return nil, wire.Unsupported("event source mappings of %q", in.EventSourceARN)
}

func (s *Service) createMapping(in *MappingArgs) (*mapping, error) {
	m := &mapping{s: s, uuid: uuid.NewString(), result: "No records processed", stopped: make(chan struct{})}
	close(m.stopped) // it does not run yet
	m.changing.Lock()
	defer m.changing.Unlock()
	if err := m.configure(in); err != nil {
		return nil, err
	}
	s.mu.Lock()
	for _, other := range s.mappings {
		if set := other.settings.Load(); set.function == m.functionName() && set.args.EventSourceARN == in.EventSourceARN {
			s.mu.Unlock()
			return nil, conflict("An event source mapping of %s and function %s already exists: %s", in.EventSourceARN, set.function, other.uuid)
		}
	}
	s.mappings[m.uuid] = m
	s.mu.Unlock()
	if stream, ok := m.settings.Load().source.(*streamSource); ok {
		stream.begin(m)
	}
	return m, m.start()
}

// configure validates and applies inputs. The mapping must not be running.
func (m *mapping) configure(in *MappingArgs) error {
	f, err := m.s.named(in.FunctionName)
	if err != nil {
		return err
	}
	args := in.withDefaults()
	src, err := newSource(&args)
	if err != nil {
		return err
	}
	p, err := m.principal(f)
	if err != nil {
		return err
	}
	if err := src.check(m.s, p, f.current.Load()); err != nil {
		return err
	}
	m.settings.Store(&mappingSettings{&args, f.name, src, m.s.account.Clock.Now().UTC()})
	return nil
}

// principal is a session of the role that the function has now. f is nil if the function was deleted.
func (m *mapping) principal(f *function) (policy.Principal, error) {
	if f == nil {
		return policy.Principal{}, functionNotFound(m.functionName())
	}
	role := f.current.Load().args.Role
	m.mu.Lock()
	p, known := m.session, m.role == role
	m.mu.Unlock()
	if known {
		return p, nil
	}
	p, creds, err := m.s.Roles.AssumeRole(servicePrincipal, role, f.name, nil) // without the lock: an injected fault may wait
	if err != nil {
		return p, invalidParameter(cannotAssume)
	}
	m.mu.Lock()
	old := m.key
	m.role, m.session, m.key = role, p, creds.AccessKeyID
	m.mu.Unlock()
	m.s.Roles.Revoke(old)
	return p, nil
}

func (m *mapping) start() error {
	set := m.settings.Load()
	if !*set.args.Enabled {
		return nil
	}
	if !m.s.begin() {
		return errClosed
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	ctx, cancel := context.WithCancel(m.s.ctx)
	stopped := make(chan struct{})
	m.stop, m.stopped = cancel, stopped
	go func() {
		defer m.s.background.Done()
		defer close(stopped)
		set.source.run(ctx, m)
	}()
	return nil
}

// pause stops polling. It returns a channel that is closed when everything that was polled is handled.
func (m *mapping) pause() <-chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.stop != nil {
		m.stop()
		m.stop = nil
	}
	return m.stopped
}

// halt stops polling, and waits until everything that was polled is handled, or ctx ends.
func (m *mapping) halt(ctx context.Context) error {
	select {
	case <-m.pause():
		return nil
	case <-ctx.Done():
		return fmt.Errorf("waiting for the invocations of event source mapping %s: %w", m.uuid, ctx.Err())
	}
}

func (s *Service) mapping(uuid string) (*mapping, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return wire.Found(s.mappings[uuid], notFound("The resource you requested does not exist."))
}

// The states of a mapping that occur here.
const (
	enabled   = "Enabled"
	disabling = "Disabling" // what was polled is being handled
	disabled  = "Disabled"
)

func (m *mapping) state() (state, result string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.stop != nil {
		return enabled, m.result
	}
	select {
	case <-m.stopped:
		return disabled, m.result
	default:
		return disabling, m.result
	}
}

// enable starts polling, or stops it without waiting for what was polled.
func (m *mapping) enable(on bool) error {
	inUse := wire.Errorf(http.StatusBadRequest, "ResourceInUseException", "Cannot update the event source mapping %s because it is in use.", m.uuid)
	if !m.changing.TryLock() {
		return inUse
	}
	defer m.changing.Unlock()
	if _, err := m.s.mapping(m.uuid); err != nil {
		return err // it was deleted meanwhile
	}
	set := *m.settings.Load()
	args := *set.args
	args.Enabled = &on
	state, _ := m.state()
	switch {
	case on == (state == enabled):
		return nil
	case state == disabling:
		return inUse
	case on:
		if err := m.configure(&args); err != nil {
			return err
		}
		return m.start()
	}
	set.args, set.modified = &args, m.s.account.Clock.Now().UTC()
	m.settings.Store(&set)
	m.pause()
	return nil
}

func (m *mapping) report(result string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.result = result
}

// invoke runs the function with a batch. The error is throttling, or another refusal of the batch. links are the
// sampled traces that the batch's senders belong to. The batch has a trace of its own. If there are links, it is sampled.
func (m *mapping) invoke(payload []byte, links []xray.Link) (Result, error) {
	ev := event{id: uuid.NewString(), arn: functionARN(m.functionName()), payload: payload, links: links}
	if len(links) > 0 {
		ev.trace = "Sampled=1"
	}
	inv, err := m.s.invokeItself(m.function(), ev)
	if err != nil {
		return Result{}, err
	}
	return inv.result(), nil
}
