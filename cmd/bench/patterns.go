package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// pattern is what the measuring has to know of a deployed one.
type pattern struct {
	name, url, table, bucket string
	// underWay counts the orders that were accepted and are not yet done, roughly until there are none.
	underWay func(context.Context) (int, error)
	// failed counts those that were given up.
	failed func(context.Context) (int, error)
}

func (d *deployment) patterns() []pattern {
	f, o := d.outputs.FanOut, d.outputs.Orchestrator
	messages := func(urls ...string) func(context.Context) (int, error) {
		return func(ctx context.Context) (n int, err error) {
			for _, url := range urls {
				some, err := d.depth(ctx, url)
				if err != nil {
					return 0, err
				}
				n += some
			}
			return n, nil
		}
	}
	executions := func(statuses ...sfntypes.ExecutionStatus) func(context.Context) (int, error) {
		return func(ctx context.Context) (n int, err error) {
			for _, status := range statuses {
				some, err := d.executions(ctx, o.StateMachineARN, status)
				if err != nil {
					return 0, err
				}
				n += some
			}
			return n, nil
		}
	}
	return []pattern{
		{
			name: "FanOut", url: f.URL, table: f.TableName, bucket: f.BucketName,
			// A message is deleted once its function has dealt with it.
			underWay: messages(f.StoreQueueURL, f.InvoiceQueueURL),
			failed:   messages(f.StoreDeadLettersURL, f.InvoiceDeadLettersURL),
		},
		{
			name: "Orchestrator", url: o.URL, table: o.TableName, bucket: o.BucketName,
			underWay: executions(sfntypes.ExecutionStatusRunning),
			failed:   executions(sfntypes.ExecutionStatusFailed, sfntypes.ExecutionStatusTimedOut, sfntypes.ExecutionStatusAborted),
		},
	}
}

// executions counts a state machine's executions of one status, up to the first page of 1,000.
func (d *deployment) executions(ctx context.Context, machineARN string, status sfntypes.ExecutionStatus) (int, error) {
	page, err := sfn.NewFromConfig(d.config()).ListExecutions(ctx, &sfn.ListExecutionsInput{
		StateMachineArn: &machineARN, StatusFilter: status, MaxResults: 1000,
	})
	if err != nil {
		return 0, fmt.Errorf("listing executions: %w", err)
	}
	return len(page.Executions), nil
}

// depth is how many messages a queue holds, those in flight included.
func (d *deployment) depth(ctx context.Context, url string) (n int, err error) {
	names := []sqstypes.QueueAttributeName{
		sqstypes.QueueAttributeNameApproximateNumberOfMessages, sqstypes.QueueAttributeNameApproximateNumberOfMessagesNotVisible,
		sqstypes.QueueAttributeNameApproximateNumberOfMessagesDelayed,
	}
	got, err := sqs.NewFromConfig(d.config()).GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: names})
	if err != nil {
		return 0, err
	}
	for _, name := range names {
		some, err := strconv.Atoi(got.Attributes[string(name)])
		if err != nil {
			return 0, fmt.Errorf("the attribute %s of %s: %w", name, url, err)
		}
		n += some
	}
	return n, nil
}
