package integration_test

import (
	"maps"
	"slices"
	"testing"
	"time"
)

func eventStreamPermissions(t *testing.T) *permissions {
	e := eventStream(t)
	return &permissions{
		pattern:   "eventstream",
		functions: e.Functions,
		works: func(p *probe, _ time.Time, sampled []string) error {
			p.step = 200 * time.Millisecond // a shard is polled once in a second
			if err := p.coffeeOrder(e.URL, sampled); err != nil {
				return err
			}
			// A poison record makes the readers use their failure queues.
			poisoned := putRecords(p.t, e.StreamName, entry{key: newAccount(), data: poison(p.t, "nobody")})[0]
			for _, url := range e.failureQueues() {
				if err := p.until("the failure queue has the poison record", func() (bool, error) {
					return slices.ContainsFunc(receiveFailures(p.t, url), func(f failed) bool { return f.id() == poisoned }), nil
				}); err != nil {
					return err
				}
			}
			p.again = func() {
				account := newAccount()
				putRecords(p.t, e.StreamName, entry{key: account, data: newOrder(account, "v0", time.Now()).withID("o").event(p.t)})
			}
			return nil
		},
		changed: func(t *testing.T, name, action string) {
			restartFunction(t, e.Functions[name], action, 11*time.Second) // a mapping looks for new shards once in ten seconds
		},
		clean: func(t *testing.T) {
			for _, url := range e.failureQueues() {
				receiveFailures(t, url)
			}
		},
	}
}

func TestEventStreamNeedsAllPermissions(t *testing.T) {
	eventStreamPermissions(t).requireAllNeeded(t)
}

// TestEventStreamWithTokensAndEnhancedFanOutNeedsAllPermissions deploys readers that subscribe, which needs what polling needs, and
// more, and an authorizer.
func TestEventStreamWithTokensAndEnhancedFanOutNeedsAllPermissions(t *testing.T) {
	embedded(t)
	config := maps.Clone(deployment.config)
	config["pattern"], config["enhancedFanOut"], config["auth"], config["ownKey"] = "eventstream", "true", "jwt", "true"
	deployApart(t, config)
	eventStreamPermissions(t).requireAllNeeded(t)
}
