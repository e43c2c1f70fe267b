package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/spf13/cobra"

	"github.com/order-patterns/order-patterns/cmd/client/localstack"
)

type experimentFlags struct {
	loadFlags
	outputs string
	every   time.Duration
}

func experimentCommand(t *target) *cobra.Command {
	var f experimentFlags
	cmd := &cobra.Command{
		Use:   "experiment",
		Short: "Place more orders than the table of the fanout pattern can store at once, and print how many wait in the queue",
		Long: "Place orders faster than a table of few write units can store them. Print how many orders wait in the queues and how many are\n" +
			"stored, until all are stored. Then read each order, and count the dead letters. The exit status is 1 if an order is missing\n" +
			"or there is a dead letter.\n\n" +
			"The command deploys nothing. Deploy the pattern with a small table before: local up --config tableWriteUnits=5 --config\n" +
			"tableReadUnits=1000. The stored orders are the accepted orders without waiting messages and dead letters. On AWS, SQS's counts are\n" +
			"approximate. Needs sqs:GetQueueAttributes and dynamodb:DescribeTable.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if t.url != "" || t.pattern != "" && t.pattern != "fanout" {
				return errors.New("experiment is for the pattern fanout: name the outputs of a stack on AWS with --outputs")
			}
			if f.every <= 0 {
				return fmt.Errorf("--every must be more than 0, got %s", f.every)
			}
			f.seed = rand.Uint64()
			if err := f.check(); err != nil {
				return err
			}
			return experiment(cmd, t, f)
		},
	}
	cmd.Flags().IntVarP(&f.count, "count", "n", 10_000, "number of orders, 1 to 10000000")
	concurrencyFlag(cmd, &f.atOnce)
	cmd.Flags().StringVar(&f.outputs, "outputs", "", "file with the JSON of `pulumi stack output --json` (default: the running local stack)")
	cmd.Flags().DurationVar(&f.every, "every", 10*time.Second, "interval between two lines")
	cmd.Flags().DurationVar(&f.wait, "wait", 4*time.Hour, "maximum time until all orders are stored")
	return cmd
}

// fanOutStack identifies a deployed fanout pattern.
type fanOutStack struct {
	endpoint
	TableName             string `json:"tableName"`
	TableARN              string `json:"tableArn"`
	StoreQueueURL         string `json:"storeQueueUrl"`
	StoreDeadLettersURL   string `json:"storeDeadLettersUrl"`
	InvoiceQueueURL       string `json:"invoiceQueueUrl"`
	InvoiceDeadLettersURL string `json:"invoiceDeadLettersUrl"`

	queues *sqs.Client
	tables *dynamodb.Client
}

// findFanOut reads the outputs in a file, or else those of the local stack.
func findFanOut(ctx context.Context, file string) (*fanOutStack, error) {
	outputs := map[string]json.RawMessage{}
	var cloud *localstack.Cloud
	if file == "" {
		local, s, err := localOutputs("--outputs")
		if err != nil {
			return nil, err
		}
		outputs = local
		if os.Getenv("AWS_ENDPOINT_URL") == "" {
			running, err := s.Cloud()
			if err != nil {
				return nil, err
			}
			cloud = &running
		}
	} else {
		text, err := os.ReadFile(file)
		if err == nil {
			err = json.Unmarshal(text, &outputs)
		}
		if err != nil {
			return nil, fmt.Errorf("reading the outputs in %s: %w", file, err)
		}
	}
	f := &fanOutStack{}
	if err := json.Unmarshal(outputs["fanout"], f); err != nil || f.URL == "" {
		return nil, errors.New("the stack does not run the pattern fanout")
	}
	if file != "" {
		f.Auth = "" // --token or --sign set it
	}
	table, err := arn.Parse(f.TableARN)
	if err != nil {
		return nil, fmt.Errorf("reading the output tableArn: %w", err)
	}
	var cfg aws.Config
	if cloud != nil {
		cfg = cloud.Config(table.Region)
	} else if cfg, err = config.LoadDefaultConfig(ctx, config.WithRegion(table.Region)); err != nil {
		return nil, fmt.Errorf("loading the AWS configuration: %w", err)
	}
	f.queues, f.tables = sqs.NewFromConfig(cfg), dynamodb.NewFromConfig(cfg)
	return f, nil
}

// counts are the numbers of messages in the queues.
type counts struct{ store, invoice, dead int }

func (f *fanOutStack) counts(ctx context.Context) (c counts, err error) {
	for _, q := range []struct {
		url string
		n   *int
	}{{f.StoreQueueURL, &c.store}, {f.InvoiceQueueURL, &c.invoice}, {f.StoreDeadLettersURL, &c.dead}, {f.InvoiceDeadLettersURL, &c.dead}} {
		out, err := f.queues.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &q.url, AttributeNames: []types.QueueAttributeName{
			types.QueueAttributeNameApproximateNumberOfMessages, types.QueueAttributeNameApproximateNumberOfMessagesNotVisible,
		}})
		if err != nil {
			return c, fmt.Errorf("counting the messages of %s: %w", q.url, err)
		}
		for _, text := range out.Attributes {
			messages, err := strconv.Atoi(text)
			if err != nil {
				return c, fmt.Errorf("counting the messages of %s: %w", q.url, err)
			}
			*q.n += messages
		}
	}
	return c, nil
}

func experiment(cmd *cobra.Command, t *target, f experimentFlags) error {
	ctx, out := cmd.Context(), cmd.OutOrStdout()
	stack, err := findFanOut(ctx, f.outputs)
	if err != nil {
		return err
	}
	table, err := stack.tables.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &stack.TableName})
	if err != nil {
		return fmt.Errorf("describing the table: %w", err)
	}
	units := aws.ToInt64(table.Table.ProvisionedThroughput.WriteCapacityUnits)
	if units == 0 {
		return fmt.Errorf("the table %s is on demand and stores all orders at once: deploy it with tableWriteUnits and tableReadUnits", stack.TableName)
	}
	before, err := stack.counts(ctx)
	if err != nil {
		return err
	}
	if before != (counts{}) {
		return fmt.Errorf("%d messages wait and %d are dead letters already", before.store+before.invoice, before.dead)
	}
	fmt.Fprintf(out, "the table stores %d orders a second\n", units)

	client, err := t.coffeeClient(ctx, stack.endpoint, f.atOnce)
	if err != nil {
		return err
	}
	start, placed, answers, err := placeRandom(cmd, client, stack.URL, f.loadFlags, func(accepted) error { return nil })
	if err != nil {
		return err
	}
	last, err := stack.watch(ctx, out, start, len(placed), f)
	if err != nil {
		return err
	}
	if err := verify(cmd, client, placed, f.atOnce, max(f.wait-time.Since(start), time.Second), start, "the first was placed"); err != nil {
		return err
	}
	if last.dead > 0 {
		return fmt.Errorf("%d messages are dead letters", last.dead)
	}
	fmt.Fprintln(out, "no dead letters")
	return allAccepted(answers, f.loadFlags)
}

// watch prints the counts until no message waits, and returns the last ones.
func (f *fanOutStack) watch(ctx context.Context, out io.Writer, start time.Time, placed int, flags experimentFlags) (counts, error) {
	fmt.Fprintf(out, "%8s %8s %8s %8s %8s\n", "time", "waiting", "stored", "invoiced", "dead")
	for {
		c, err := f.counts(ctx)
		if err != nil {
			return c, err
		}
		fmt.Fprintf(out, "%8s %8d %8d %8d %8d\n", time.Since(start).Round(time.Second), c.store, placed-c.store-c.dead, placed-c.invoice-c.dead, c.dead)
		if c.store+c.invoice == 0 || time.Since(start) > flags.wait {
			return c, nil
		}
		select {
		case <-ctx.Done():
			return c, ctx.Err()
		case <-time.After(flags.every):
		}
	}
}
