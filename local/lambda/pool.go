package lambda

import (
	"runtime"
	"slices"
	"sync"
	"time"
)

// pool has the environments of one revision. An invocation gets the environment that was used last, or waits for the first
// one that becomes free or starts.
type pool struct {
	s   *Service
	rev *revision

	mu       sync.Mutex
	all      map[*environment]bool
	idle     []*environment // the one used last is last
	waiting  []*invoke      // in the order of arrival
	starting int
	// A retired pool belongs to a replaced revision and finishes its invocations. A closed pool accepts nothing.
	retired, closed bool
}

func newPool(s *Service, rev *revision) *pool {
	return &pool{s: s, rev: rev, all: map[*environment]bool{}}
}

func (p *pool) submit(inv *invoke) {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		p.s.refuse(p.rev, inv)
		return
	}
	if p.retired {
		p.mu.Unlock()
		p.rev.fn.current.Load().pool.submit(inv)
		return
	}
	if n := len(p.idle); n > 0 {
		e := p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.mu.Unlock()
		e.assign(inv)
		return
	}
	p.waiting = append(p.waiting, inv)
	p.grow()
	p.mu.Unlock()
}

// AWS starts an environment for each invocation that finds none idle. On one machine, many more processes than processors slow
// each other down: from crowd on, the environments of a function start one by one, each after crowdWait, and only while
// invocations wait for them.
const crowdWait = 250 * time.Millisecond

var crowd = max(16, 4*runtime.NumCPU())

// crowded reports whether there are many environments. The caller holds the lock.
func (p *pool) crowded() bool { return len(p.all)+p.starting >= crowd }

// grow starts an environment if more invocations wait than environments are starting. The caller holds the lock.
func (p *pool) grow() {
	if p.starting >= len(p.waiting) || (p.starting > 0 && p.crowded()) || !p.s.begin() {
		return
	}
	p.starting++
	go func() {
		defer p.s.background.Done()
		p.start()
	}()
}

// start starts one environment, unless no invocation needs it any more when its turn comes.
func (p *pool) start() {
	var failure *initFailure
	p.mu.Lock()
	crowded := p.crowded()
	p.mu.Unlock()
	if crowded {
		select {
		case <-time.After(crowdWait):
		case <-p.s.ctx.Done():
		}
	}
	select {
	case p.s.starting <- struct{}{}:
		// A process that initialises for long sleeps or hangs. It must not block the start of other functions.
		release := sync.OnceFunc(func() { <-p.s.starting })
		time.AfterFunc(time.Second, release)
		p.mu.Lock()
		needed := p.starting <= len(p.waiting) && !p.closed
		p.mu.Unlock()
		if needed {
			failure = p.initialise()
		}
		release()
	case <-p.s.ctx.Done():
	}

	p.mu.Lock()
	p.starting--
	var inv *invoke
	if failure != nil && len(p.waiting) > 0 {
		inv, p.waiting = p.waiting[0], p.waiting[1:]
	}
	p.grow()
	p.unlock()
	if inv != nil {
		p.s.failInit(p.rev, inv, failure)
	}
}

// initialise starts an environment. The init phase may take 10 seconds. If it fails, it is repeated as part of the invocation,
// with the function's own timeout.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
func (p *pool) initialise() *initFailure {
	failure := p.launch(initLimit, "init")
	if failure != nil && !failure.final {
		failure = p.launch(p.rev.timeout, "invoke")
	}
	return failure
}

func (p *pool) launch(limit time.Duration, phase string) *initFailure {
	if p.s.ctx.Err() != nil {
		return &initFailure{final: true, err: functionNotFound(p.rev.fn.name)}
	}
	e, failure := newEnvironment(p)
	if failure != nil {
		return failure
	}
	p.mu.Lock()
	p.all[e] = true
	closed := p.closed
	p.mu.Unlock()
	p.s.background.Add(1) // the caller is counted too, so that this does not race with Wait in Close
	go e.watch()
	if closed {
		e.process.kill()
	}
	return e.awaitInit(limit, phase)
}

func (p *pool) ready(e *environment) {
	p.mu.Lock()
	switch {
	case len(p.waiting) > 0 && !p.closed:
		inv := p.waiting[0]
		p.waiting = p.waiting[1:]
		p.mu.Unlock()
		e.assign(inv)
		return
	case p.retired || p.closed:
		p.mu.Unlock()
		e.process.kill()
		return
	}
	e.idleSince = p.s.account.Clock.Now()
	p.idle = append(p.idle, e)
	p.mu.Unlock()
}

func (p *pool) remove(e *environment) {
	p.mu.Lock()
	defer p.unlock()
	delete(p.all, e)
	p.idle = slices.DeleteFunc(p.idle, func(i *environment) bool { return i == e })
}

// unlock also discards the revision if the pool was its last user.
func (p *pool) unlock() {
	done := (p.retired || p.closed) && len(p.all)+len(p.waiting)+p.starting == 0
	p.mu.Unlock()
	if done {
		p.rev.discard()
	}
}

func (p *pool) retire() {
	p.mu.Lock()
	defer p.unlock()
	p.retired = true
	for _, e := range p.idle {
		e.process.kill()
	}
	p.idle = nil
}

// close kills the environments and refuses the invocations that wait for one.
func (p *pool) close() {
	p.mu.Lock()
	p.closed = true
	waiting := p.waiting
	p.waiting, p.idle = nil, nil
	for e := range p.all {
		e.process.kill()
	}
	p.unlock()
	for _, inv := range waiting {
		p.s.refuse(p.rev, inv)
	}
}

func (p *pool) kill() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.idle = nil
	for e := range p.all {
		e.process.kill()
	}
	return len(p.all)
}

func (p *pool) size() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.all)
}

func (p *pool) reap(before time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for n < len(p.idle) && p.idle[n].idleSince.Before(before) {
		p.idle[n].process.kill()
		n++
	}
	p.idle = slices.Delete(p.idle, 0, n)
}
