package console

import (
	"context"
	"errors"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// depths reads what waits in queues, streams, functions and machines.
func (s *sampler) depths(ctx context.Context) error {
	var errs []error
	for id, n := range s.graph.nodes {
		a := &s.tallies[id].now
		switch n.Kind {
		case kindQueue, kindDeadLetters:
			errs = append(errs, s.queue(ctx, n, a))
		case kindStream:
			for _, consumer := range n.Consumers {
				a.Waiting = max(a.Waiting, s.console.cloud.Lambda.Waiting(consumer))
			}
		case kindMachine:
			errs = append(errs, s.machine(ctx, n, a))
		case kindFunction:
			a.InFlight = s.console.cloud.Lambda.Stats(n.Resource).Busy
		}
		if a.Waiting+a.InFlight == 0 {
			a.OldestMs = 0 // the metric is of the last minutes
		}
	}
	return errors.Join(errs...)
}

const (
	visible   = sqstypes.QueueAttributeNameApproximateNumberOfMessages
	delayed   = sqstypes.QueueAttributeNameApproximateNumberOfMessagesDelayed
	invisible = sqstypes.QueueAttributeNameApproximateNumberOfMessagesNotVisible
)

func (s *sampler) queue(ctx context.Context, n *Node, a *Activity) error {
	out, err := s.sqs.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: &n.deployed.ID, AttributeNames: []sqstypes.QueueAttributeName{visible, delayed, invisible},
	})
	if err != nil {
		return err
	}
	number := func(name sqstypes.QueueAttributeName) int {
		n, _ := strconv.Atoi(out.Attributes[string(name)]) // SQS answers with numbers
		return n
	}
	a.Waiting, a.InFlight = number(visible)+number(delayed), number(invisible)
	if n.Kind == kindDeadLetters {
		a.Errors = float64(a.Waiting + a.InFlight)
	}
	return nil
}

// maxExecutions is how many running executions one call lists.
const maxExecutions = 1000

func (s *sampler) machine(ctx context.Context, n *Node, a *Activity) error {
	if properties(n.deployed.Properties).text("type") == string(sfntypes.StateMachineTypeExpress) {
		return nil // Step Functions does not list its executions
	}
	out, err := s.sfn.ListExecutions(ctx, &sfn.ListExecutionsInput{
		StateMachineArn: &n.ID, StatusFilter: sfntypes.ExecutionStatusRunning, MaxResults: maxExecutions,
	})
	if err != nil {
		return err
	}
	a.Waiting = len(out.Executions)
	return nil
}

// mappings reads which sources are paused.
func (s *sampler) mappings(ctx context.Context) error {
	out, err := s.lambda.ListEventSourceMappings(ctx, &lambda.ListEventSourceMappingsInput{})
	if err != nil {
		return err
	}
	for _, m := range out.EventSourceMappings {
		if t := s.tallies[s.graph.find(aws.ToString(m.EventSourceArn))]; t != nil && aws.ToString(m.State) != "Enabled" {
			t.now.Paused = true
		}
	}
	return nil
}
