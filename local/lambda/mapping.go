package lambda

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
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
	args     MappingArgs // with defaults
	function string      // its name
	source   source
	trying   sync.Map   // *lane to the trial of its batch
	changing sync.Mutex // held while it is changed or deleted

	mu       sync.Mutex
	modified time.Time
	result   string // LastProcessingResult
	role     string // of session
	session  policy.Principal
	key      string        // access key of session
	stop     func()        // ends polling; nil while disabled
	stopped  chan struct{} // closed when everything that was polled is handled
	places   places        // in a stream
	progress sync.Map      // *progress by the ID of a shard
}

// source is a kind of event source, with the mapping's settings for it. It has no state of its own.
type source interface {
	// check refuses a mapping that the source or the role does not allow. AWS checks when it is created or changed.
	check(p policy.Principal, function *revision) error
	// run reads and invokes until ctx ends, and then finishes the invocations that it has begun.
	run(ctx context.Context, m *mapping)
}

func newSource(s *Service, in *MappingArgs) (source, error) {
	switch {
	case isQueue(in.EventSourceARN):
		return newSQSSource(s, in), nil
	case in.stream():
		return newStreamSource(s, in)
	}
	return nil, wire.Unsupported("event source mappings of %q", in.EventSourceARN)
}

func (s *Service) createMapping(in *MappingArgs) (*mapping, error) {
	m := &mapping{s: s, uuid: uuid.NewString(), result: "No records processed", stopped: make(chan struct{})}
	close(m.stopped) // it does not run yet
	if err := m.configure(in); err != nil {
		return nil, err
	}
	s.mu.Lock()
	for _, other := range s.mappings {
		if other.function == m.function && other.args.EventSourceARN == in.EventSourceARN {
			s.mu.Unlock()
			return nil, conflict("An event source mapping of %s and function %s already exists: %s", in.EventSourceARN, m.function, other.uuid)
		}
	}
	s.mappings[m.uuid] = m
	s.mu.Unlock()
	if stream, ok := m.source.(*streamSource); ok {
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
	src, err := newSource(m.s, &args)
	if err != nil {
		return err
	}
	p, err := m.principal(f)
	if err != nil {
		return err
	}
	if err := src.check(p, f.current.Load()); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.args, m.function, m.source, m.modified = args, f.name, src, m.s.account.Clock.Now().UTC()
	return nil
}

// principal is a session of the role that the function has now. f is nil if the function was deleted.
func (m *mapping) principal(f *function) (policy.Principal, error) {
	if f == nil {
		return policy.Principal{}, functionNotFound(m.function)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	role := f.current.Load().args.Role
	if m.role == role {
		return m.session, nil
	}
	p, creds, err := m.s.Roles.AssumeRole(servicePrincipal, role, f.name, nil)
	if err != nil {
		return p, invalidParameter(cannotAssume)
	}
	m.s.Roles.Revoke(m.key)
	m.role, m.session, m.key = role, p, creds.AccessKeyID
	return p, nil
}

func (m *mapping) start() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !*m.args.Enabled {
		return nil
	}
	if !m.s.begin() {
		return errors.New("lambda: the service is closed")
	}
	ctx, cancel := context.WithCancel(m.s.ctx)
	stopped := make(chan struct{})
	m.stop, m.stopped = cancel, stopped
	go func() {
		defer m.s.background.Done()
		defer close(stopped)
		m.source.run(ctx, m)
	}()
	return nil
}

// halt stops polling, and waits until everything that was polled is handled, or ctx ends.
func (m *mapping) halt(ctx context.Context) error {
	m.mu.Lock()
	stop, stopped := m.stop, m.stopped
	m.stop = nil
	m.mu.Unlock()
	if stop != nil {
		stop()
	}
	select {
	case <-stopped:
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
	state, _ := m.state()
	switch {
	case on == (state == enabled):
		return nil
	case state == disabling:
		return inUse
	case on:
		m.mu.Lock()
		args := m.args
		m.mu.Unlock()
		args.Enabled = new(true)
		if err := m.configure(&args); err != nil {
			return err
		}
		return m.start()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.args.Enabled, m.modified = new(false), m.s.account.Clock.Now().UTC()
	m.stop()
	m.stop = nil
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
	ev := event{id: uuid.NewString(), arn: functionARN(m.function), payload: payload, limit: maxSyncPayload, links: links}
	if len(links) > 0 {
		ev.trace = "Sampled=1"
	}
	// The wait ends when the service closes, because that kills the process.
	inv, err := m.s.invokeItself(context.Background(), m.s.function(m.function), ev)
	if err != nil {
		return Result{}, err
	}
	return inv.result(), nil
}
