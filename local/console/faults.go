package console

import (
	"cmp"
	"context"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/sqs"
)

// Fault is what a person has asked to go wrong. It does not hit people: what they do with keys of their own is never refused.
type Fault struct {
	ID      string    `json:"id"`
	Kind    string    `json:"kind"`
	Node    string    `json:"node"`             // ARN
	Action  string    `json:"action,omitempty"` // such as dynamodb:PutItem; empty for all
	Percent int       `json:"percent"`          // of the calls, or of the messages of a queue
	DelayMs int       `json:"delayMs,omitempty"`
	Hits    int64     `json:"hits"`
	Since   time.Time `json:"since"`
}

// faults are those in force.
type faults struct {
	mu    sync.Mutex
	added int
	all   []*injected
}

type injected struct {
	Fault
	hits   atomic.Int64
	remove func()
}

// Kinds of faults.
const (
	faultThrottle = "throttle" // the error of a service that gets too many calls
	faultDeny     = "deny"     // the error of IAM, as if the permission were missing
	faultKill     = "kill"     // ends the processes of a function while they call something
	faultTwice    = "twice"    // delivers messages again after they were deleted
	faultSlow     = "slow"     // delays calls
)

// faultKinds are those that each kind of node can have.
var faultKinds = map[string][]string{
	kindAPI:         {faultSlow},
	kindFunction:    {faultThrottle, faultDeny, faultKill, faultSlow},
	kindMachine:     {faultThrottle, faultDeny, faultSlow},
	kindTopic:       {faultThrottle, faultDeny, faultSlow},
	kindQueue:       {faultThrottle, faultDeny, faultTwice, faultSlow},
	kindStream:      {faultThrottle, faultDeny, faultSlow},
	kindTable:       {faultThrottle, faultDeny, faultSlow},
	kindBucket:      {faultThrottle, faultDeny, faultSlow},
	kindDeadLetters: {faultThrottle, faultDeny, faultSlow},
}

// maxDelay is less than the timeout of most functions and of APIs.
const maxDelay = 25_000 // milliseconds

// addFault answers POST /api/faults.
func (c *Console) addFault(_ context.Context, _ *http.Request, in *Fault) (*Fault, error) {
	node := c.graph().nodes[in.Node]
	if node == nil {
		return nil, invalid("node: must be the ARN of a node of the map, got %q", in.Node)
	}
	in.Percent = cmp.Or(in.Percent, 100)
	switch kinds := faultKinds[node.Kind]; {
	case !slices.Contains(kinds, in.Kind):
		return nil, invalid("kind: a %s can have %s, got %q", node.Kind, strings.Join(kinds, ", "), in.Kind)
	case in.Percent < 1 || in.Percent > 100:
		return nil, invalid("percent: must be from 1 to 100, got %d", in.Percent)
	case in.Kind == faultSlow && (in.DelayMs < 1 || in.DelayMs > maxDelay):
		return nil, invalid("delayMs: must be from 1 to %d milliseconds, got %d", maxDelay, in.DelayMs)
	case in.Kind != faultSlow && in.DelayMs != 0:
		return nil, invalid("delayMs: is for %s only", faultSlow)
	case in.Kind == faultTwice && in.Action != "":
		return nil, invalid("action: is not for %s", faultTwice)
	case in.Action != "" && !strings.Contains(in.Action, ":"):
		return nil, invalid("action: must be as in IAM, such as dynamodb:PutItem, got %q", in.Action)
	}
	c.faults.mu.Lock()
	defer c.faults.mu.Unlock()
	if in.Kind == faultTwice && slices.ContainsFunc(c.faults.all, func(f *injected) bool { return f.Kind == faultTwice && f.Node == in.Node }) {
		return nil, invalid("kind: the queue has this fault already")
	}
	c.faults.added++
	in.ID, in.Since, in.Hits = strconv.Itoa(c.faults.added), c.now().Time, 0
	f := &injected{Fault: *in}
	f.remove = c.inject(f, node)
	c.faults.all = append(c.faults.all, f)
	return &f.Fault, nil
}

// inject puts a fault in force, and returns what takes it away.
func (c *Console) inject(f *injected, n *Node) (remove func()) {
	if f.Kind == faultTwice {
		c.cloud.SQS.SetDelivery(n.ID, sqs.Delivery{Twice: true, Chosen: f.happens})
		return func() { c.cloud.SQS.SetDelivery(n.ID, sqs.Delivery{}) }
	}
	do, hits := c.faultOf(f, n), hitsOf(f, n)
	return c.cloud.Account.Faults.Add(fault.Rule{Action: f.Action, Do: func(ctx context.Context, e fault.Event) error {
		if !hits(e) || !f.happens() {
			return nil
		}
		return do(ctx, e)
	}})
}

// happens decides by the percentage, and counts.
func (f *injected) happens() bool {
	if rand.IntN(100) >= f.Percent {
		return false
	}
	f.hits.Add(1)
	return true
}

// removeFault answers DELETE /api/faults/{id}.
func (c *Console) removeFault(_ context.Context, r *http.Request, _ *struct{}) (struct{}, error) {
	id := r.PathValue("id")
	c.faults.mu.Lock()
	defer c.faults.mu.Unlock()
	i := slices.IndexFunc(c.faults.all, func(f *injected) bool { return f.ID == id })
	if i < 0 {
		return struct{}{}, invalid("id: there is no fault %q", id)
	}
	c.faults.all[i].remove()
	c.faults.all = slices.Delete(c.faults.all, i, i+1)
	return struct{}{}, nil
}

// liveFaults are those in force, with how often each has happened.
func (c *Console) liveFaults() []Fault {
	c.faults.mu.Lock()
	defer c.faults.mu.Unlock()
	all := []Fault{}
	for _, f := range c.faults.all {
		now := f.Fault
		now.Hits = f.hits.Load()
		all = append(all, now)
	}
	return all
}
