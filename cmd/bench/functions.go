package main

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// printPackages prints the sizes of the zips in the folders that `make build` fills.
func printPackages(out io.Writer, build string) {
	fmt.Fprint(out, "\n## Packages\n\n")
	header(out, "folder", "zips", "smallest", "largest")
	for _, folder := range []string{"local", "arm64", "x86_64"} {
		zips, _ := filepath.Glob(filepath.Join(build, folder, "*.zip")) // the pattern is valid
		var sizes []float64
		for _, name := range zips {
			if info, err := os.Stat(name); err == nil {
				sizes = append(sizes, float64(info.Size())/1e6)
			}
		}
		if len(sizes) > 0 {
			row(out, "build/"+folder, len(sizes), fmt.Sprintf("%.1f MB", slices.Min(sizes)), fmt.Sprintf("%.1f MB", slices.Max(sizes)))
		}
	}
}

const (
	starts     = 20               // of each function
	startLimit = 10 * time.Second // how long Lambda lets a function initialise
)

// printStarts measures each function's time from the start of its process until it requests its first event, when Lambda
// considers it initialised.
func printStarts(ctx context.Context, out io.Writer, packages string) error {
	zips, err := filepath.Glob(filepath.Join(packages, "*.zip"))
	if err != nil || len(zips) == 0 {
		return errors.Join(err, fmt.Errorf("no zips in %s: run `make package-local`", packages))
	}
	fmt.Fprintf(out, "\n## Start of a function\n\nFrom the start of the process to its first `GET invocation/next`, of %d starts.\n\n", starts)
	header(out, "function", "median", "p95")
	for _, name := range zips {
		took, err := startRepeatedly(ctx, name)
		if err != nil {
			return fmt.Errorf("starting %s: %w", name, err)
		}
		row(out, strings.TrimSuffix(filepath.Base(name), ".zip"), short(quantile(took, 0.5)), short(quantile(took, 0.95)))
	}
	return nil
}

func startRepeatedly(ctx context.Context, zipFile string) (took []time.Duration, err error) {
	dir, err := os.MkdirTemp("", "order-patterns-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	z, err := zip.OpenReader(zipFile)
	if err != nil {
		return nil, err
	}
	defer z.Close()
	if err := os.CopyFS(dir, z); err != nil {
		return nil, err
	}
	for range starts {
		d, err := start(ctx, filepath.Join(dir, "bootstrap"))
		if err != nil {
			return nil, err
		}
		took = append(took, d)
	}
	return took, nil
}

// start runs a function until it requests its first event.
func start(ctx context.Context, bootstrap string) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
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
	api := &http.Server{Handler: mux, ReadHeaderTimeout: startLimit}
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

// environment is a function's: variables of Lambda, and all those that the functions require.
var environment = []string{
	"_HANDLER=bootstrap", "AWS_REGION=us-east-1", "AWS_LAMBDA_FUNCTION_NAME=f", "AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
	"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=512", "AWS_LAMBDA_LOG_FORMAT=JSON", "AWS_LAMBDA_LOG_LEVEL=INFO",
	"AWS_ACCESS_KEY_ID=ASIAEXAMPLE", "AWS_SECRET_ACCESS_KEY=secret", "AWS_SESSION_TOKEN=token",
	"TABLE_NAME=orders", "BUCKET_NAME=invoices", "TOPIC_ARN=arn:aws:sns:us-east-1:123456789012:orders", "ALLOW_ORIGIN=*",
	"STREAM_ARN=arn:aws:kinesis:us-east-1:123456789012:stream/orders", "ORDERS_TABLE=orders", "ACCOUNTS_TABLE=accounts", "STOCK_TABLE=stock",
	"FINDINGS_QUEUE_URL=https://sqs.us-east-1.amazonaws.com/123456789012/findings", "SHIP_FUNCTION=ship-order",
}
