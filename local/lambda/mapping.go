package lambda

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/wire"
)

// mapping is an event source mapping: it reads a source with the permissions of a function's role and invokes the
// function with what it finds.
type mapping struct {
	s        *Service
	uuid     string
	args     MappingArgs // as given
	function string      // its name
	source   source

	mu       sync.Mutex
	modified time.Time
	result   string // of what it did last, as AWS words it
	role     string // that session is of
	session  policy.Principal
	key      string        // access key of session
	stop     func()        // ends polling; nil while disabled
	stopped  chan struct{} // closed when all that was polled is handled; nil before the first start
	places   places        // in a stream
}

// source is a kind of event source, with the mapping's settings for it. It has no state of its own.
type source interface {
	// check refuses a mapping that the source or the role does not allow, as AWS does when it is created or changed.
	check(p policy.Principal, function *revision) error
	// begin is called once, when the mapping is created: this is the moment from which it reads.
	begin(m *mapping)
	// run reads and invokes until ctx ends, and then finishes what it has begun.
	run(ctx context.Context, m *mapping)
}

func newSource(s *Service, in *MappingArgs) (source, error) {
	switch service(in.EventSourceARN) {
	case "sqs":
		return newSQSSource(s, in), nil
	case "kinesis":
		return newStreamSource(s, in)
	}
	return nil, wire.Unsupported("event source mappings of %q", in.EventSourceARN)
}

// service is the third part of an ARN.
func service(arn string) string {
	parts := strings.SplitN(arn, ":", 4)
	if len(parts) < 4 {
		return ""
	}
	return parts[2]
}

func (s *Service) createMapping(in *MappingArgs) (*mapping, error) {
	m := &mapping{s: s, uuid: uuid.NewString(), result: "No records processed"}
	if err := m.configure(in); err != nil {
		return nil, err
	}
	s.mu.Lock()
	for _, other := range s.mappings {
		if other.function == m.function && other.args.EventSourceARN == in.EventSourceARN {
			s.mu.Unlock()
			return nil, wire.Errorf(http.StatusConflict, "ResourceConflictException",
				"An event source mapping with %s arn (\" %s \") and function (\" %s \") already exists. Please update or delete the existing mapping with UUID %s",
				service(in.EventSourceARN), in.EventSourceARN, m.function, other.uuid)
		}
	}
	s.mappings[m.uuid] = m
	s.mu.Unlock()
	m.source.begin(m)
	return m, m.start()
}

// configure takes over inputs after AWS's checks of them. The mapping must not be running.
func (m *mapping) configure(in *MappingArgs) error {
	ref, err := parseReference(in.FunctionName, "")
	if err != nil {
		return err
	}
	f := m.s.function(ref.name)
	if f == nil {
		return functionNotFound(ref.arn)
	}
	src, err := newSource(m.s, in)
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
	m.args, m.function, m.source, m.modified = *in, ref.name, src, m.s.account.Clock.Now().UTC()
	return nil
}

// principal acts as the role that a function has now; f is nil if there is no function any more.
func (m *mapping) principal(f *function) (policy.Principal, error) {
	if f == nil {
		return policy.Principal{}, functionNotFound(functionARN(m.function))
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	role := f.current.Load().config.role
	if m.role == role {
		return m.session, nil
	}
	p, creds, err := m.s.Roles.AssumeRole(servicePrincipal, role, f.name, nil)
	if err != nil {
		return p, cannotAssume(http.StatusBadRequest, "InvalidParameterValueException")
	}
	m.s.Roles.Revoke(m.key)
	m.role, m.session, m.key = role, p, creds.AccessKeyID
	return p, nil
}

func (m *mapping) enabled() bool { return value(m.args.Enabled, true) }

// start begins to poll, if the mapping is enabled.
func (m *mapping) start() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.enabled() {
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

// halt stops polling and waits until what was polled is handled, or ctx ends.
func (m *mapping) halt(ctx context.Context) error {
	m.mu.Lock()
	stop, stopped := m.stop, m.stopped
	m.stop = nil
	m.mu.Unlock()
	if stop != nil {
		stop()
	}
	if stopped == nil {
		return nil
	}
	select {
	case <-stopped:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("waiting for the invocations of event source mapping %s: %w", m.uuid, ctx.Err())
	}
}

func (s *Service) mapping(uuid string) *mapping {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.mappings[uuid]
}

// state is what the API tells of a mapping.
func (m *mapping) state() (state, result, reason string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	state, reason = "Disabled", "USER_INITIATED"
	if m.stop != nil {
		state = "Enabled"
	}
	if service(m.args.EventSourceARN) == "kinesis" {
		reason = "User action"
	}
	return state, m.result, reason
}

func inAccount(arn string) bool {
	return strings.Contains(arn, ":"+account.Region+":"+account.ID+":")
}
