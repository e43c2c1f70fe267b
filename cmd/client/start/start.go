// Package start measures how long a function takes to start: from the start of its process until it requests its first event. Lambda then
// considers it initialised.
package start

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"time"
)

// Limit is the time that Lambda gives a function to initialise.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-ib
const Limit = 10 * time.Second

// Measure runs a function until it requests its first event. It returns the time since the start of the process. The function's standard
// error is passed on.
func Measure(ctx context.Context, bootstrap string, environment []string) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, Limit)
	defer cancel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	requested := make(chan time.Time, 1)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", func(http.ResponseWriter, *http.Request) {
		requested <- time.Now()
		<-ctx.Done() // there is no event
	})
	api := &http.Server{Handler: mux, ReadHeaderTimeout: Limit}
	go func() { _ = api.Serve(listener) }() // returns when closed
	defer api.Close()

	cmd := exec.CommandContext(ctx, bootstrap)
	cmd.Env, cmd.Stderr = append(slices.Clone(environment), "AWS_LAMBDA_RUNTIME_API="+listener.Addr().String()), os.Stderr
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	select {
	case at := <-requested:
		cancel()
		<-exited
		return at.Sub(began), nil
	case err := <-exited:
		return 0, fmt.Errorf("it ended before it requested an event: %w", errors.Join(err, ctx.Err()))
	}
}

// Environment is the environment of a function: Lambda's variables, and all variables that the functions require.
var Environment = []string{
	"_HANDLER=bootstrap", "AWS_REGION=us-east-1", "AWS_LAMBDA_FUNCTION_NAME=f", "AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
	"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=512", "AWS_LAMBDA_LOG_FORMAT=JSON", "AWS_LAMBDA_LOG_LEVEL=INFO",
	"AWS_ACCESS_KEY_ID=ASIAEXAMPLE", "AWS_SECRET_ACCESS_KEY=secret", "AWS_SESSION_TOKEN=token",
	"TABLE_NAME=orders", "BUCKET_NAME=invoices", "TOPIC_ARN=arn:aws:sns:us-east-1:123456789012:orders", "ALLOW_ORIGIN=*",
	"STREAM_ARN=arn:aws:kinesis:us-east-1:123456789012:stream/orders", "ORDERS_TABLE=orders", "ACCOUNTS_TABLE=accounts", "STOCK_TABLE=stock",
	"FINDINGS_QUEUE_URL=https://sqs.us-east-1.amazonaws.com/123456789012/findings", "SHIP_FUNCTION=ship-order",
	"OUTBOX_QUEUE_URL=https://sqs.us-east-1.amazonaws.com/123456789012/outbox",
	"QUEUE_URL=https://sqs.us-east-1.amazonaws.com/123456789012/orders", "DEAD_LETTERS_URL=https://sqs.us-east-1.amazonaws.com/123456789012/dead-letters",
	"FAILURES_URL=https://sqs.us-east-1.amazonaws.com/123456789012/failures",
	"PATTERN=fan-out", "METRICS_NAMESPACE=OrderPatterns", "AWS_XRAY_DAEMON_ADDRESS=127.0.0.1:2000",
	"AUTH=jwt", "ISSUER=https://issuer.example", "AUDIENCE=order-patterns", "ACCOUNT_CLAIM=sub", "ROUTES=[]",
}
