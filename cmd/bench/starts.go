package main

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// startLimit is how long Lambda lets a function initialise.
const startLimit = 10 * time.Second

// printStarts measures how long every function takes from the start of its process to its first request for an event,
// which is when Lambda counts it as initialised.
func printStarts(ctx context.Context, out io.Writer, packages string, starts int) error {
	zips, err := filepath.Glob(filepath.Join(packages, "*.zip"))
	if err != nil {
		return err
	}
	if len(zips) == 0 {
		return fmt.Errorf("no zips in %s: run `make package-local`", packages)
	}
	dir, err := os.MkdirTemp("", "order-patterns-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	fmt.Fprintf(out, "\n## Start of a function\n\nFrom the start of the process to its first `GET invocation/next`, of %d starts.\n\n", starts)
	fmt.Fprintf(out, "| function | median | p95 |\n|---|---|---|\n")
	for _, name := range zips {
		function := strings.TrimSuffix(filepath.Base(name), ".zip")
		bootstrap := filepath.Join(dir, function)
		if err := extract(name, bootstrap); err != nil {
			return fmt.Errorf("unpacking %s: %w", name, err)
		}
		var took []time.Duration
		for range starts {
			d, err := start(ctx, bootstrap, function)
			if err != nil {
				return fmt.Errorf("starting %s: %w", function, err)
			}
			took = append(took, d)
		}
		fmt.Fprintf(out, "| %s | %s | %s |\n", function, milliseconds(quantile(took, 0.5)), milliseconds(quantile(took, 0.95)))
	}
	return nil
}

// extract writes the bootstrap of a package to a file.
func extract(name, file string) error {
	r, err := zip.OpenReader(name)
	if err != nil {
		return err
	}
	defer r.Close()
	from, err := r.Open("bootstrap")
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := os.OpenFile(file, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	return errors.Join(err, to.Close())
}

// start runs a program as a function until it asks for its first event.
func start(ctx context.Context, program, function string) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	asked := make(chan time.Time, 1)
	api := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && r.URL.Path == "/2018-06-01/runtime/invocation/next" {
			select {
			case asked <- time.Now():
			default:
			}
		}
		<-ctx.Done() // there is no event
	}), ReadHeaderTimeout: startLimit}
	go func() { _ = api.Serve(l) }() // returns when closed
	defer api.Close()

	cmd := exec.Command(program)
	cmd.Env, cmd.Dir, cmd.Stderr = variables(l.Addr().String(), function), filepath.Dir(program), os.Stderr
	begun := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	defer func() {
		_ = cmd.Process.Kill() // it may have ended
		<-exited
	}()
	select {
	case at := <-asked:
		return at.Sub(begun), nil
	case err := <-exited:
		exited <- nil
		return 0, fmt.Errorf("it ended before it asked for an event: %v", err)
	case <-ctx.Done():
		return 0, fmt.Errorf("it did not ask for an event: %w", ctx.Err())
	}
}

// variables are the environment of a function: Lambda's own, and those that ours need.
func variables(runtimeAPI, function string) []string {
	vars := map[string]string{
		"_HANDLER": "bootstrap", "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1",
		"AWS_LAMBDA_FUNCTION_NAME": function, "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
		"AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand", "AWS_LAMBDA_LOG_GROUP_NAME": "g", "AWS_LAMBDA_LOG_STREAM_NAME": "s",
		"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "INFO",
		"AWS_ACCESS_KEY_ID": "ASIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "token",
		"AWS_LAMBDA_RUNTIME_API": runtimeAPI, "LAMBDA_TASK_ROOT": "/var/task", "LAMBDA_RUNTIME_DIR": "/var/runtime",
		"LANG": "en_US.UTF-8", "TZ": ":UTC", "PATH": "/usr/local/bin:/usr/bin/:/bin:/opt/bin",
		"AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR", "AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1:2000",
		"TABLE_NAME": "orders", "BUCKET_NAME": "invoices", "TOPIC_ARN": "arn:aws:sns:us-east-1:123456789012:orders", "ALLOW_ORIGIN": "*",
		"STREAM_ARN": "arn:aws:kinesis:us-east-1:123456789012:stream/orders", "ORDERS_TABLE": "orders", "ACCOUNTS_TABLE": "accounts", "STOCK_TABLE": "stock",
		"FINDINGS_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/findings", "SHIP_FUNCTION": "ship-order",
	}
	var list []string
	for name, value := range vars {
		list = append(list, name+"="+value)
	}
	return list
}

// quantile is the smallest value that a share q of the values do not exceed.
func quantile(values []time.Duration, q float64) time.Duration {
	s := slices.Sorted(slices.Values(values))
	return s[max(0, int(math.Ceil(q*float64(len(s))))-1)]
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
