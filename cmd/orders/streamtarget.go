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

	"github.com/order-patterns/order-patterns/cmd/client/localstack"
)

// maxAttempts is how often the SDK sends a request at most, with growing delays, while a shard or a function is throttled.
const maxAttempts = 10

// streamTarget says which stream to read and which functions to invoke, as given by the flags.
type streamTarget struct {
	arn, project, invoice            string
	projectFailures, invoiceFailures string // URLs of the failure queues
}

// find returns the AWS configuration for the target: the environment's, or the running embedded cloud's. Without a flag for the stream, it
// takes the stream and the functions from the outputs of the local stack. invoices says whether the function that writes invoices is
// needed.
func (t *streamTarget) find(ctx context.Context, invoices bool) (aws.Config, error) {
	var cloud *localstack.Cloud
	if t.arn == "" {
		if t.invoice != "" {
			return aws.Config{}, errors.New("--invoice-function is for a stack on AWS: give --stream-arn and --project-function, too")
		}
		stack, err := t.local()
		if err != nil {
			return aws.Config{}, err
		}
		if os.Getenv("AWS_ENDPOINT_URL") == "" {
			running, err := stack.Cloud()
			if err != nil {
				return aws.Config{}, err
			}
			cloud = &running
		}
	} else if invoices && t.invoice == "" {
		return aws.Config{}, errors.New("--invoices needs --invoice-function, too, beside --stream-arn")
	}
	stream, err := arn.Parse(t.arn)
	if err != nil || stream.Service != "kinesis" {
		return aws.Config{}, fmt.Errorf("--stream-arn must be like arn:aws:kinesis:eu-west-1:123456789012:stream/NAME, got %q", t.arn)
	}
	if cloud != nil {
		cfg := cloud.Config(stream.Region)
		cfg.RetryMaxAttempts = maxAttempts
		return cfg, nil
	}
	cfg, err := config.LoadDefaultConfig(ctx, config.WithRegion(stream.Region), config.WithRetryMaxAttempts(maxAttempts))
	if err != nil {
		return aws.Config{}, fmt.Errorf("loading the AWS configuration: %w", err)
	}
	return cfg, nil
}

// local reads the target from the outputs of the local stack.
func (t *streamTarget) local() (stack localstack.Stack, err error) {
	outputs, stack, err := localOutputs("--stream-arn")
	if err != nil {
		return stack, err
	}
	var output struct {
		StreamARN          string                           `json:"streamArn"`
		ProjectFailuresURL string                           `json:"projectFailuresUrl"`
		InvoiceFailuresURL string                           `json:"invoiceFailuresUrl"`
		Functions          map[string]struct{ Name string } `json:"functions"`
	}
	if outputs["eventstream"] == nil {
		return stack, fmt.Errorf("the local stack does not run the pattern eventstream (%s)", stack.OutputsFile())
	}
	if err := json.Unmarshal(outputs["eventstream"], &output); err != nil {
		return stack, fmt.Errorf("reading the outputs of eventstream in %s: %w", stack.OutputsFile(), err)
	}
	t.arn, t.project, t.invoice = output.StreamARN, output.Functions["project-order"].Name, output.Functions["invoice-order"].Name
	t.projectFailures, t.invoiceFailures = output.ProjectFailuresURL, output.InvoiceFailuresURL
	if t.arn == "" || t.project == "" || t.invoice == "" {
		return stack, fmt.Errorf("the outputs of eventstream in %s lack the stream or a function", stack.OutputsFile())
	}
	return stack, nil
}
