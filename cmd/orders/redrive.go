package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/spf13/cobra"

	"github.com/order-patterns/order-patterns/cmd/client/localstack"
	"github.com/order-patterns/order-patterns/cmd/client/redrive"
)

func redriveCommand(t *target) *cobra.Command {
	var r redrive.Redrive
	var unfinished bool
	cmd := &cobra.Command{
		Use:   "redrive",
		Short: "Start the failed executions of the orchestrator pattern again",
		Long: "Start the executions of the orchestrator pattern whose input is in the failure queue again, and delete their messages. An order\n" +
			"that is not valid or not allowed would fail again: it stays in the queue, except with --invalid. An order that fails again\n" +
			"meanwhile also stays. With --unfinished, also redrive the Standard executions that ended without a message in the queue,\n" +
			"because they timed out or could not send it.\n\n" +
			"Needs sqs:ReceiveMessage and sqs:DeleteMessage on the queue, and states:StartExecution on the machine; for --unfinished\n" +
			"also states:ListExecutions, states:GetExecutionHistory and states:RedriveExecution.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if t.url != "" || t.pattern != "" && t.pattern != "orchestrator" {
				return errors.New("redrive is for the pattern orchestrator: name the queue and the machine of a stack on AWS with --queue-url and --machine-arn")
			}
			return redriveOrders(cmd, &r, unfinished)
		},
	}
	cmd.Flags().StringVar(&r.QueueURL, "queue-url", "", "URL of the failure queue (default: the queue of the running local stack)")
	cmd.Flags().StringVar(&r.MachineARN, "machine-arn", "", "ARN of the state machine; needed with --queue-url")
	cmd.Flags().BoolVar(&r.Invalid, "invalid", false, "also start orders that are not valid, or that their caller may not place")
	cmd.Flags().BoolVar(&unfinished, "unfinished", false, "also redrive executions that ended without a message in the queue")
	cmd.MarkFlagsRequiredTogether("queue-url", "machine-arn")
	return cmd
}

func redriveOrders(cmd *cobra.Command, r *redrive.Redrive, unfinished bool) error {
	cfg, err := redriveTarget(cmd.Context(), r)
	if err != nil {
		return err
	}
	counts := map[redrive.Outcome]int{}
	r.Queue, r.Machine = sqs.NewFromConfig(cfg), sfn.NewFromConfig(cfg)
	r.Report = func(o redrive.Order) {
		counts[o.Outcome]++
		fmt.Fprintf(cmd.OutOrStdout(), "%s: %s (%s)", o.Outcome, o.Failed, o.Error)
		if o.Started != "" && o.Started != o.Failed {
			fmt.Fprintf(cmd.OutOrStdout(), " as %s", o.Started)
		}
		fmt.Fprintln(cmd.OutOrStdout())
	}
	err = r.Messages(cmd.Context())
	if err == nil && unfinished {
		err = r.Unfinished(cmd.Context())
	}
	fmt.Fprintf(cmd.OutOrStdout(), "%d orders started again, %d executions redriven, %d left\n",
		counts[redrive.Started], counts[redrive.Redriven], counts[redrive.Left])
	return err
}

// redriveTarget returns the AWS configuration for the queue and the machine: the environment's, or the running embedded cloud's. Without
// flags for them, it takes the queue and the machine from the outputs of the local stack.
func redriveTarget(ctx context.Context, r *redrive.Redrive) (aws.Config, error) {
	var stack localstack.Stack
	local := r.QueueURL == ""
	if local {
		outputs, found, err := localOutputs("--queue-url")
		if stack = found; err != nil {
			return aws.Config{}, err
		}
		var output struct{ FailureQueueURL, StateMachineARN string }
		if outputs["orchestrator"] == nil {
			return aws.Config{}, fmt.Errorf("the local stack does not run the pattern orchestrator (%s)", stack.OutputsFile())
		}
		if err := json.Unmarshal(outputs["orchestrator"], &output); err != nil || output.FailureQueueURL == "" || output.StateMachineARN == "" {
			return aws.Config{}, fmt.Errorf("the outputs of orchestrator in %s lack the failure queue or the machine", stack.OutputsFile())
		}
		r.QueueURL, r.MachineARN = output.FailureQueueURL, output.StateMachineARN
	}
	machine, err := arn.Parse(r.MachineARN)
	if err != nil || machine.Service != "states" {
		return aws.Config{}, fmt.Errorf("--machine-arn must be like arn:aws:states:eu-west-1:123456789012:stateMachine:NAME, got %q", r.MachineARN)
	}
	if local && os.Getenv("AWS_ENDPOINT_URL") == "" {
		running, err := stack.Cloud()
		return running.Config(machine.Region), err
	}
	cfg, err := config.LoadDefaultConfig(ctx, config.WithRegion(machine.Region))
	if err != nil {
		return aws.Config{}, fmt.Errorf("loading the AWS configuration: %w", err)
	}
	return cfg, nil
}
