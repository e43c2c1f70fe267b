package integration_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/sqs"
)

// weakness is a call that a randomised test makes fail: before it takes effect, or after, so that only the answer is lost.
type weakness struct {
	action string
	// function is the key of the calling function. It is killed sometimes during the call. Empty if no function calls.
	function string
	// principal and resource are patterns. They select calls if function is empty.
	principal, resource string
	throttle            func(context.Context, fault.Event) error
	// often is the highest probability with which the call fails at any time.
	often float64
	// outage is how long the call may fail every time, because of throttling or a missing permission. 0 if it may not.
	outage time.Duration
}

// weaknesses are those of a pattern, with what else a random test may do to it.
type weaknesses struct {
	functions map[string]function
	calls     []weakness
	queues    []string // URLs of the queues that deliver out of order and twice
	failures  []string // URLs of the queues that receive what failed for good
}

// trouble makes the calls of a pattern fail from its start to its end.
type trouble struct {
	t       *testing.T
	pattern weaknesses
	chances *randomness
	until   time.Time // in the cloud's time, the end of the last outage
	undo    []func()
	stop    chan struct{}
	running sync.WaitGroup
	once    sync.Once
}

// A short outage hits calls while orders are placed. A long one lasts until after that.
const (
	short = 500 * time.Millisecond
	long  = 15 * time.Minute
)

// startTrouble begins the trouble of a seed. The caller defers end, so that a failed test does not affect the next.
func startTrouble(t *testing.T, seed uint64, pattern weaknesses) *trouble {
	t.Helper()
	tr := &trouble{t: t, pattern: pattern, chances: newRandomness(seed, 3), until: now(), stop: make(chan struct{})}
	for _, url := range pattern.failures {
		receiveAll(t, url) // what earlier tests left
	}
	schedule := rand.New(rand.NewPCG(seed, 2))
	for _, call := range pattern.calls {
		tr.failSometimes(call, schedule)
	}
	const outages = 3
	for _, i := range schedule.Perm(len(pattern.calls))[:min(outages, len(pattern.calls))] {
		tr.failForAWhile(pattern.calls[i], schedule)
	}
	tr.disorder(schedule)
	return tr
}

// disorder makes queues deliver messages twice, and in another order.
func (tr *trouble) disorder(schedule *rand.Rand) {
	cloud := embedded(tr.t)
	for _, url := range tr.pattern.queues {
		d := sqs.Delivery{Twice: schedule.IntN(3) > 0}
		switch schedule.IntN(3) {
		case 0:
			d.Reverse = true
		case 1:
			d.Shuffle = 1 + schedule.Uint64N(1<<32)
		}
		cloud.SQS.SetDelivery(queueARN(url), d)
		tr.undo = append(tr.undo, func() { cloud.SQS.SetDelivery(queueARN(url), sqs.Delivery{}) })
	}
}

func (tr *trouble) add(call weakness, when fault.When, do func(context.Context, fault.Event) error) {
	if call.function != "" && call.principal == "" {
		call.principal = "*/" + tr.pattern.functions[call.function].RoleName + "/*"
	}
	tr.undo = append(tr.undo, inject(tr.t, fault.Rule{
		Action: call.action, Principal: call.principal, Resource: call.resource, When: when, Do: do,
	}))
}

// failSometimes makes a call fail or delays it at random, and kills the function that makes it.
func (tr *trouble) failSometimes(call weakness, schedule *rand.Rand) {
	tr.add(call, fault.Before, tr.chances.sometimes(schedule.Float64()*0.2, tr.delay))
	for _, when := range []fault.When{fault.Before, fault.After} {
		tr.add(call, when, tr.chances.sometimes(schedule.Float64()*call.often, call.throttle))
		if call.function != "" {
			tr.add(call, when, tr.chances.sometimes(schedule.Float64()*call.often/3, kill(tr.t, tr.pattern.functions[call.function].Name)))
		}
	}
}

// delay delays a call by 1 to 20 milliseconds, so that others overtake it.
func (tr *trouble) delay(ctx context.Context, _ fault.Event) error {
	select {
	case <-time.After(time.Duration(1+tr.chances.below(20)) * time.Millisecond):
	case <-ctx.Done():
	}
	return nil
}

// failForAWhile makes a call fail every time during an outage: it is throttled, or the role of the function lacks the action.
func (tr *trouble) failForAWhile(call weakness, schedule *rand.Rand) {
	missing, begin := schedule.IntN(2) == 0, time.Duration(schedule.Int64N(int64(short)))
	length := time.Duration(schedule.Float64() * float64(call.outage))
	if call.outage == 0 {
		return
	}
	from := now().Add(begin)
	to := from.Add(length)
	if to.After(tr.until) {
		tr.until = to
	}
	missing = missing && call.function != ""
	tr.t.Logf("outage: %s %s%s for %s, permission missing: %t", call.action, call.function, call.resource, length.Round(time.Millisecond), missing)
	if missing {
		tr.takePermission(call, begin, length)
		return
	}
	tr.add(call, fault.Before, func(ctx context.Context, e fault.Event) error {
		if at := now(); at.Before(from) || !at.Before(to) {
			return nil
		}
		return call.throttle(ctx, e)
	})
}

// takePermission removes an action from the role of a function, and restores it later. Of two such outages of one role, the
// one that ends first ends both.
func (tr *trouble) takePermission(call weakness, begin, length time.Duration) {
	policy := readRolePolicy(tr.t, tr.pattern.functions[call.function].RoleName)
	without := policy.document.withoutAction(tr.t, call.action).String()
	tr.running.Go(func() {
		if !tr.sleep(begin) {
			return
		}
		policy.put(tr.t, without)
		defer policy.restore(tr.t)
		tr.sleep(length)
	})
}

// sleep waits in the cloud's time. It returns false if the trouble ended meanwhile.
func (tr *trouble) sleep(d time.Duration) bool {
	select {
	case <-deployment.clock.After(d):
		return true
	case <-tr.stop:
		return false
	}
}

// end ends the trouble, also that of an outage that is not over.
func (tr *trouble) end() {
	tr.once.Do(func() {
		close(tr.stop)
		tr.running.Wait()
		for _, undo := range tr.undo {
			undo()
		}
	})
}
