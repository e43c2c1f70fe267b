package bench

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkPackages measures the sizes of the zips that `make build` makes, in each of its folders.
func BenchmarkPackages(b *testing.B) {
	section("Packages", "The zips that `make build` made.", "folder", "zips", "smallest", "largest")
	for _, folder := range []string{"local", "arm64", "x86_64"} {
		zips, err := filepath.Glob(filepath.Join("../../build", folder, "*.zip"))
		require.NoError(b, err)
		var sizes []float64
		for _, name := range zips {
			info, err := os.Stat(name)
			require.NoError(b, err)
			sizes = append(sizes, float64(info.Size())/1e6)
		}
		if len(sizes) > 0 {
			row("build/"+folder, len(sizes), fmt.Sprintf("%.1f MB", slices.Min(sizes)), fmt.Sprintf("%.1f MB", slices.Max(sizes)))
		}
	}
}

const (
	starts     = 20               // of each function
	startLimit = 10 * time.Second // how long Lambda lets a function initialise
)

// BenchmarkStarts measures each function's time from the start of its process until it requests its first event, when
// Lambda considers it initialised.
func BenchmarkStarts(b *testing.B) {
	zips, err := filepath.Glob("../../build/local/*.zip")
	require.NoError(b, err)
	require.NotEmpty(b, zips, "no zips in build/local: run `make package-local`")
	section("Start of a function", fmt.Sprintf("From the start of the process to its first `GET invocation/next`, of %d starts.", starts),
		"function", "median", "p95")
	for _, name := range zips {
		function := strings.TrimSuffix(filepath.Base(name), ".zip")
		b.Run(function, func(b *testing.B) {
			z, err := zip.OpenReader(name)
			require.NoError(b, err)
			defer z.Close()
			dir := b.TempDir()
			require.NoError(b, os.CopyFS(dir, z))
			var took []time.Duration
			for range starts {
				d, err := start(filepath.Join(dir, "bootstrap"), environment)
				require.NoError(b, err)
				took = append(took, d)
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(quantile(took, 0.5).Microseconds()), "µs/start")
			row(function, short(quantile(took, 0.5)), short(quantile(took, 0.95)))
		})
	}
}

// start runs a function until it requests its first event.
func start(bootstrap string, environment []string) (time.Duration, error) {
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
	"OUTBOX_QUEUE_URL=https://sqs.us-east-1.amazonaws.com/123456789012/outbox",
	"QUEUE_URL=https://sqs.us-east-1.amazonaws.com/123456789012/orders", "DEAD_LETTERS_URL=https://sqs.us-east-1.amazonaws.com/123456789012/dead-letters",
	"FAILURES_URL=https://sqs.us-east-1.amazonaws.com/123456789012/failures",
	"PATTERN=fan-out", "AWS_XRAY_DAEMON_ADDRESS=127.0.0.1:2000",
	"AUTH=jwt", "ISSUER=https://issuer.example", "AUDIENCE=order-patterns", "ACCOUNT_CLAIM=sub", "ROUTES=[]",
}

func TestStartIsMeasuredUntilTheFirstEventIsRequested(t *testing.T) {
	took, err := start(os.Args[0], environment)
	require.NoError(t, err)
	require.GreaterOrEqual(t, took, 30*time.Millisecond)
	_, err = start(os.Args[0], nil)
	require.ErrorContains(t, err, "it ended before it requested an event: exit status 3")
}

func TestEnvironmentHasTheVariablesOfEveryFunction(t *testing.T) {
	required, found := regexp.MustCompile(`(?:env\.(?:Required|OneOf|JSON)|os\.Getenv)\("([A-Z_]+)"`), 0
	for _, files := range []string{"functions/*/main.go", "kit/*/*.go"} {
		names, err := filepath.Glob("../../handlers/" + files)
		require.NoError(t, err)
		for _, file := range names {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			for _, name := range required.FindAllStringSubmatch(string(text), -1) {
				found++
				require.True(t, slices.ContainsFunc(environment, func(v string) bool { return strings.HasPrefix(v, name[1]+"=") }), "%s of %s", name[1], file)
			}
		}
	}
	require.Greater(t, found, 30)
}
