package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// maxAttempts is how often the SDK asks in all, with growing pauses, while a shard or a function is throttled.
const maxAttempts = 10

// streamTarget says which stream to read and which functions to call, as the flags have it.
type streamTarget struct {
	arn, project, invoice string
}

// find completes the target from the outputs of the local stack, unless the flags name a stream, and gives the AWS
// configuration to reach it with: that of the environment, or the running embedded cloud's. invoices asks for the
// function that writes them.
func (t *streamTarget) find(ctx context.Context, invoices bool) (aws.Config, error) {
	var cloud *aws.Config
	if t.arn == "" {
		if t.invoice != "" {
			return aws.Config{}, errors.New("--invoice-function is for a stack on AWS: give --stream-arn and --project-function, too")
		}
		home, err := t.local()
		if err != nil {
			return aws.Config{}, err
		}
		if os.Getenv("AWS_ENDPOINT_URL") == "" {
			if cloud, err = embeddedCloud(home); err != nil {
				return aws.Config{}, err
			}
		}
	} else if invoices && t.invoice == "" {
		return aws.Config{}, errors.New("--invoices needs --invoice-function, too, beside --stream-arn")
	}
	stream, err := arn.Parse(t.arn)
	if err != nil || stream.Service != "kinesis" {
		return aws.Config{}, fmt.Errorf("--stream-arn must be like arn:aws:kinesis:eu-west-1:123456789012:stream/NAME, got %q", t.arn)
	}
	if cloud != nil {
		cloud.Region, cloud.RetryMaxAttempts = stream.Region, maxAttempts
		return *cloud, nil
	}
	cfg, err := config.LoadDefaultConfig(ctx, config.WithRegion(stream.Region), config.WithRetryMaxAttempts(maxAttempts))
	if err != nil {
		return aws.Config{}, fmt.Errorf("loading the AWS configuration: %w", err)
	}
	return cfg, nil
}

// local reads the target from the outputs of the local stack, and gives the folder of its state.
func (t *streamTarget) local() (home string, err error) {
	outputs, home, err := localOutputs("--stream-arn")
	if err != nil {
		return "", err
	}
	var output struct {
		StreamARN string                           `json:"streamArn"`
		Functions map[string]struct{ Name string } `json:"functions"`
	}
	if outputs["eventstream"] == nil {
		return "", fmt.Errorf("the local stack does not run the pattern eventstream (%s)", outputsFile(home))
	}
	if err := json.Unmarshal(outputs["eventstream"], &output); err != nil {
		return "", fmt.Errorf("reading the outputs of eventstream in %s: %w", outputsFile(home), err)
	}
	t.arn, t.project, t.invoice = output.StreamARN, output.Functions["project-order"].Name, output.Functions["invoice-order"].Name
	if t.arn == "" || t.project == "" || t.invoice == "" {
		return "", fmt.Errorf("the outputs of eventstream in %s lack the stream or a function", outputsFile(home))
	}
	return home, nil
}

// embeddedCloud reads where the running embedded cloud listens, and the key of its administrator, as cmd/local left it.
// Nothing of the environment gets in between.
func embeddedCloud(home string) (*aws.Config, error) {
	file := filepath.Join(home, "cloud.json")
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("the embedded cloud is not running: run `make up`: %w", err)
	}
	var cloud struct {
		Endpoint        string `json:"endpoint"`
		AccessKeyID     string `json:"accessKeyId"`
		SecretAccessKey string `json:"secretAccessKey"`
	}
	if err := json.Unmarshal(data, &cloud); err != nil {
		return nil, fmt.Errorf("reading %s: %w", file, err)
	}
	return &aws.Config{
		BaseEndpoint: aws.String(cloud.Endpoint),
		Credentials:  credentials.NewStaticCredentialsProvider(cloud.AccessKeyID, cloud.SecretAccessKey, ""),
	}, nil
}
