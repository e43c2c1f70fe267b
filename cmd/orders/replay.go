package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/spf13/cobra"

	"github.com/order-patterns/order-patterns/cmd/client/replay"
	"github.com/order-patterns/order-patterns/order/coffee"
)

type replayFlags struct {
	since             string
	invoices          bool
	failures          bool
	batch, maxRefused int
	stream            streamTarget
}

func replayCommand(t *target) *cobra.Command {
	var f replayFlags
	cmd := &cobra.Command{
		Use:   "replay",
		Short: "Send the orders in the stream of the eventstream pattern to its functions again",
		Long: "Send every order in the stream of the eventstream pattern to its function project-order again, which restores the table\n" +
			"of active orders. With --invoices, also send them to invoice-order, which writes the missing invoices. New orders may be\n" +
			"placed meanwhile: the newer of two events of an order wins, whichever arrives first. Repeat an interrupted replay, because\n" +
			"it may have stored an old order without its completion.\n\n" +
			"A record that fails repeatedly is printed and skipped; the exit status is then 1.\n\n" +
			"With --failures, send only the records that the function's failure queue names. Each message is deleted when its\n" +
			"records are done.\n\n" +
			"Needs kinesis:ListShards, kinesis:GetShardIterator and kinesis:GetRecords on the stream, and lambda:InvokeFunction on the\n" +
			"functions; with --failures sqs:ReceiveMessage and sqs:DeleteMessage on the failure queues.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if t.url != "" || t.pattern != "" && t.pattern != "eventstream" {
				return errors.New("replay reads the stream of the pattern eventstream: name the stream of a stack on AWS with --stream-arn")
			}
			return replayOrders(cmd, f)
		},
	}
	cmd.Flags().StringVar(&f.since, "since", "", "omit records that arrived before this time, such as 2026-03-01T08:30:00Z (default: all records in the stream)")
	cmd.Flags().BoolVar(&f.invoices, "invoices", false, "also send the orders to invoice-order")
	cmd.Flags().IntVar(&f.batch, "batch", 100, "maximum number of records in an invocation, 1 to 10000")
	cmd.Flags().IntVar(&f.maxRefused, "max-refused", 100, "stop if more records than this fail, 0 to 1000000")
	cmd.Flags().StringVar(&f.stream.arn, "stream-arn", "", "ARN of the stream (default: the stream of the running local stack)")
	cmd.Flags().StringVar(&f.stream.project, "project-function", "", "name or ARN of the function project-order; needed with --stream-arn")
	cmd.Flags().StringVar(&f.stream.invoice, "invoice-function", "", "name or ARN of the function invoice-order; needed with --stream-arn and --invoices")
	cmd.Flags().BoolVar(&f.failures, "failures", false, "send only the records that the failure queues name")
	cmd.Flags().StringVar(&f.stream.projectFailures, "project-failures", "", "URL of the failure queue of project-order; needed with --stream-arn and --failures")
	cmd.Flags().StringVar(&f.stream.invoiceFailures, "invoice-failures", "", "URL of the failure queue of invoice-order; needed with --stream-arn, --failures and --invoices")
	cmd.MarkFlagsRequiredTogether("stream-arn", "project-function")
	cmd.MarkFlagsMutuallyExclusive("failures", "since")
	return cmd
}

func replayOrders(cmd *cobra.Command, f replayFlags) error {
	if err := errors.Join(inRange("batch", f.batch, 1, 10_000), inRange("max-refused", f.maxRefused, 0, 1_000_000)); err != nil {
		return err
	}
	start := time.Now()
	r := &replay.Replay{Until: start, Batch: f.batch, MaxRefused: f.maxRefused}
	if f.since != "" {
		var err error
		if r.Since, err = time.Parse(time.RFC3339, f.since); err != nil || r.Since.After(start) {
			return fmt.Errorf("--since must be a time in the past such as 2026-03-01T08:30:00Z, got %q", f.since)
		}
		if start.Sub(r.Since) > coffee.MaxAge {
			return fmt.Errorf("--since must be at most %d days ago, got %s: orders of before can only be stored again with their completions, "+
				"so replay the whole stream, without --since", coffee.MaxAge/(24*time.Hour), f.since)
		}
	}
	cfg, err := f.stream.find(cmd.Context(), f.invoices)
	if err != nil {
		return err
	}
	r.Stream, r.Lambda = kinesis.NewFromConfig(cfg), lambda.NewFromConfig(cfg)
	r.StreamARN, r.Functions = f.stream.arn, []string{f.stream.project}
	if f.invoices {
		r.Functions = append(r.Functions, f.stream.invoice)
	}
	run := r.Run
	if f.failures {
		run, err = replayFailures(sqs.NewFromConfig(cfg), r, f)
		if err != nil {
			return err
		}
	}
	result, err := run(cmd.Context())
	reportReplay(cmd.OutOrStdout(), result, time.Since(start))
	if err != nil {
		return err
	}
	if n := len(result.Refused); n > 0 {
		return fmt.Errorf("%d records were refused", n)
	}
	return nil
}

// replayFailures returns the function that replays the failure queue of each function.
func replayFailures(queues replay.QueueAPI, r *replay.Replay, f replayFlags) (func(context.Context) (replay.Result, error), error) {
	urls := []string{f.stream.projectFailures, f.stream.invoiceFailures}[:len(r.Functions)]
	if slices.Contains(urls, "") {
		return nil, errors.New("--failures needs --project-failures, and with --invoices --invoice-failures, beside --stream-arn")
	}
	return func(ctx context.Context) (replay.Result, error) {
		all := replay.Result{Handled: map[string]int{}}
		for i, url := range urls {
			one := *r
			one.Functions = r.Functions[i : i+1]
			result, err := (&replay.Failures{Replay: one, Queue: queues, URL: url}).Run(ctx)
			maps.Copy(all.Handled, result.Handled)
			all.Refused = append(all.Refused, result.Refused...)
			if err != nil {
				return all, err
			}
		}
		return all, nil
	}, nil
}

// reportReplay prints the refused records, and the counts of each function.
func reportReplay(w io.Writer, result replay.Result, took time.Duration) {
	refused := map[string]int{}
	for _, r := range result.Refused {
		refused[r.Function]++
		fmt.Fprintf(w, "refused: %s\n", r)
	}
	for _, function := range slices.Sorted(maps.Keys(result.Handled)) {
		n := result.Handled[function]
		fmt.Fprintf(w, "%s: %d records replayed, %d refused, in %s: %.1f/s\n", function, n, refused[function], seconds(took), float64(n)/took.Seconds())
	}
}
