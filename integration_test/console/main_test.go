// Package console tests the page of the embedded cloud in a browser. It deploys all patterns to a cloud of its own.
//
// The tests need Chromium or Chrome. Without one they are skipped, or fail if CI_BROWSER=required.
package console

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/order-patterns/order-patterns/cmd/client/billing"
	"github.com/order-patterns/order-patterns/local"
	"github.com/order-patterns/order-patterns/local/clock"
	"github.com/order-patterns/order-patterns/local/console"
	"github.com/order-patterns/order-patterns/local/stack"
)

// pictures is the folder that pictures of the page go to, if they are made. Then one pattern is deployed.
var pictures = os.Getenv("PICTURES")

// served is what the tests look at.
var served struct {
	cloud   *local.Cloud
	console *console.Console
}

func TestMain(m *testing.M) {
	flag.Parse()
	stop, err := serve(context.Background())
	code := 1
	if err != nil {
		fmt.Fprintln(os.Stderr, "console: deploying:", err)
	} else {
		code = m.Run()
	}
	if err := errors.Join(closeBrowser(), stop()); err != nil {
		fmt.Fprintln(os.Stderr, "console: stopping:", err)
		code = 1
	}
	os.Exit(code)
}

// serve starts a cloud in this process, deploys all patterns to it, and serves its page. The cloud ends with its resources, so
// they are not destroyed before.
func serve(ctx context.Context) (stop func() error, err error) {
	home, err := os.MkdirTemp("", "order-patterns-console-")
	if err != nil {
		return func() error { return nil }, err
	}
	stop = func() error { return os.RemoveAll(home) }
	project, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		return stop, err
	}
	log, err := os.Create(filepath.Join(home, "cloud.log"))
	if err != nil {
		return stop, err
	}
	served.cloud, err = local.Start(local.Options{
		Clock: clock.New(), Dir: filepath.Join(home, "functions"), Log: slog.New(slog.NewJSONHandler(log, nil)),
	})
	if err != nil {
		return stop, err
	}
	stop = func() error { return errors.Join(served.cloud.Close(), log.Close(), os.RemoveAll(home)) }
	text, err := os.ReadFile(filepath.Join(project, "cmd", "orders", "console.json"))
	if err != nil {
		return stop, err
	}
	settings, err := console.ReadSettings(text)
	if err != nil {
		return stop, err
	}
	if served.console, err = console.Start(console.Options{Cloud: served.cloud, Settings: settings, Meter: billing.Charges}); err != nil {
		return stop, err
	}
	stop = func() error {
		return errors.Join(served.console.Close(), served.cloud.Close(), log.Close(), os.RemoveAll(home))
	}
	s := &stack.Stack{Project: project, Home: home, ProviderPort: served.cloud.ProviderPort, Log: os.Stderr}
	config := map[string]string{"pattern": "all", "shards": "1"}
	if pictures != "" {
		config = map[string]string{"pattern": "fanout"}
	}
	return stop, s.Up(ctx, config)
}
