package integration_test

import (
	"testing"
	"time"

	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/stretchr/testify/require"
)

func fanOutPermissions(t *testing.T) *permissions {
	f := fanOut(t)
	queues := []string{f.StoreQueueURL, f.InvoiceQueueURL}
	return &permissions{
		patience:  500 * time.Millisecond,
		functions: f.Functions,
		serves: func(p *probe, _ time.Time, sampled []string) error {
			if err := p.placed(f.URL, sampled); err != nil {
				return err
			}
			return p.until("messages are deleted from their queues", func() (bool, error) {
				for _, queue := range queues {
					if waiting, held := depth(p.t, queue); waiting+held > 0 {
						return false, nil
					}
				}
				return true, nil
			})
		},
		changed: func(t *testing.T, name string) {
			// A log stream is created only once in a process; a long poll began with the old permissions.
			embedded(t).Lambda.Kill(f.Functions[name].Name)
			if name == "store-order" || name == "write-invoice" {
				deployment.clock.Advance(21 * time.Second)
			}
		},
		clean: func(t *testing.T) {
			for _, queue := range append(queues, f.StoreDeadLettersURL, f.InvoiceDeadLettersURL) {
				if waiting, held := depth(t, queue); waiting+held == 0 {
					continue
				}
				_, err := awssqs.NewFromConfig(awsConfig(t)).PurgeQueue(t.Context(), &awssqs.PurgeQueueInput{QueueUrl: &queue})
				require.NoError(t, err)
				deployment.clock.Advance(time.Minute) // SQS purges a queue once in 60 seconds
			}
		},
	}
}

func TestFanOutNeedsEveryPermission(t *testing.T) { fanOutPermissions(t).noneCanBeTakenAway(t) }

func TestFanOutNeedsEveryQueuePolicy(t *testing.T) {
	embedded(t)
	f := fanOut(t)
	g := fanOutPermissions(t)
	g.mustWork(t)
	queues := awssqs.NewFromConfig(awsConfig(t))
	for name, queue := range map[string]string{"store": f.StoreQueueURL, "invoice": f.InvoiceQueueURL} {
		t.Run(name, func(t *testing.T) {
			out, err := queues.GetQueueAttributes(t.Context(), &awssqs.GetQueueAttributesInput{
				QueueUrl: &queue, AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNamePolicy},
			})
			require.NoError(t, err)
			set := func(policy string) {
				_, err := queues.SetQueueAttributes(t.Context(), &awssqs.SetQueueAttributesInput{
					QueueUrl: &queue, Attributes: map[string]string{"Policy": policy},
				})
				require.NoError(t, err)
			}
			g.mustBreak(t, func() { set("") }, func() { set(out.Attributes["Policy"]) })
		})
	}
	g.mustWork(t)
}
