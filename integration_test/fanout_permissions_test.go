package integration_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/stretchr/testify/require"
)

func fanOutPermissions(t *testing.T) *permissions {
	f := fanOut(t)
	return &permissions{
		functions: f.Functions,
		// TestMessageIsDelayedByItsFunction shows it: without the permission, messages only wait longer.
		testedElsewhere: []string{"store-order sqs:ChangeMessageVisibility", "write-invoice sqs:ChangeMessageVisibility"},
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
		clean: func(t *testing.T) { purge(t, append(f.queues(), f.deadLetterQueues()...)...) },
	}
}

func TestFanOutNeedsAllPermissions(t *testing.T) { fanOutPermissions(t).requireAllNeeded(t) }

func TestFanOutNeedsAllQueuePolicies(t *testing.T) {
	embedded(t)
	f := fanOut(t)
	g := fanOutPermissions(t)
	g.requireWorks(t)
	queues := sqsClient(t)
	for name, url := range map[string]string{"store": f.StoreQueueURL, "invoice": f.InvoiceQueueURL} {
		t.Run(name, func(t *testing.T) {
			out, err := queues.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{
				QueueUrl: &url, AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNamePolicy},
			})
			require.NoError(t, err)
			set := func(policy string) {
				_, err := queues.SetQueueAttributes(t.Context(), &sqs.SetQueueAttributesInput{
					QueueUrl: &url, Attributes: map[string]string{"Policy": policy},
				})
				require.NoError(t, err)
			}
			r := refusal{principal: "sns.amazonaws.com", resource: queueARN(url), actions: []string{"sqs:SendMessage"}}
			g.requireBreaks(t, r, func() { set("") }, func() { set(out.Attributes["Policy"]) })
		})
	}
	g.requireWorks(t)
}
