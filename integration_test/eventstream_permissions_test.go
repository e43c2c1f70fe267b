package integration_test

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func eventStreamPermissions(t *testing.T) *permissions {
	e := eventStream(t)
	failures := []string{e.ProjectFailuresURL, e.InvoiceFailuresURL}
	return &permissions{
		patience:  time.Second,
		functions: e.Functions,
		serves: func(p *probe, _ time.Time, sampled []string) error {
			p.step = time.Second // a shard is polled once in a second
			if err := p.placed(e.URL, sampled); err != nil {
				return err
			}
			// One record that no reader can read, so that it is told of.
			poison := putRecords(p.t, e.StreamName, entry{key: newAccount(), data: spoilt(p.t, "nobody")})[0]
			for _, queue := range failures {
				if err := p.until("the failure is told", func() (bool, error) { return tells(p.t, queue, poison) }); err != nil {
					return err
				}
			}
			p.again = func() {
				account := newAccount()
				putRecords(p.t, e.StreamName, entry{key: account, data: withID(latte(account, "v0", time.Now()), "o").event(p.t)})
			}
			return nil
		},
		changed: func(t *testing.T, name string) {
			embedded(t).Lambda.Kill(e.Functions[name].Name) // a log stream is created only once in a process
			if strings.HasSuffix(name, "-order") {
				deployment.clock.Advance(11 * time.Second) // a mapping looks for new shards now and then
			}
		},
		clean: func(t *testing.T) {
			for _, queue := range failures {
				takeFailures(t, queue)
			}
		},
	}
}

// tells whether a failure queue has a message about this record.
func tells(t *testing.T, queueURL string, id recordID) (bool, error) {
	return slices.ContainsFunc(takeFailures(t, queueURL), func(d discarded) bool { return d.first() == id }), nil
}

func TestEventStreamNeedsEveryPermission(t *testing.T) {
	eventStreamPermissions(t).noneCanBeTakenAway(t)
}
