package integration_test

import (
	"testing"
	"time"
)

func fanOutPermissions(t *testing.T) *permissions {
	f := fanOut(t)
	return &permissions{
		pattern:   "fanout",
		functions: f.Functions,
		inTrouble: []inTrouble{{
			"a failed message is delayed by its function",
			[]string{"store-order sqs:ChangeMessageVisibility", "write-invoice sqs:ChangeMessageVisibility"}, messageIsDelayedByItsFunction,
		}},
		works: func(p *probe, _ time.Time, sampled []string) error {
			if err := p.coffeeOrder(f.URL, sampled); err != nil {
				return err
			}
			if err := p.deadLetters(map[string]string{f.StoreQueueURL: f.StoreDeadLettersURL, f.InvoiceQueueURL: f.InvoiceDeadLettersURL}); err != nil {
				return err
			}
			return p.emptyQueues(f.queues())
		},
		changed: func(t *testing.T, name, action string) {
			restartFunction(t, f.Functions[name], action, 21*time.Second) // longer than a long poll
		},
		clean: func(t *testing.T) {
			purge(t, f.queues()...)
			for _, url := range f.deadLetterQueues() {
				receiveAll(t, url)
			}
		},
	}
}

func TestFanOutNeedsAllPermissions(t *testing.T) { fanOutPermissions(t).requireAllNeeded(t) }
