package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/order-patterns/order-patterns/local/stack"
)

func (e *environment) stack(r *running) *stack.Stack {
	return &stack.Stack{Project: e.project, Home: e.home, ProviderPort: r.ProviderPort, Log: e.stderr}
}

// outputsFile is where other commands, such as orders, read the outputs.
func (e *environment) outputsFile() string { return filepath.Join(e.home, "outputs.json") }

// up deploys, and prints the outputs and how to place a first order.
func up(ctx context.Context, e *environment, c selection) error {
	config, err := c.config(e.project)
	if err != nil {
		return err
	}
	r, err := e.start(ctx)
	if err != nil {
		return err
	}
	s := e.stack(r)
	if err := s.Up(ctx, config); err != nil {
		return deployError(err)
	}
	text, err := s.Outputs(ctx)
	if err != nil {
		return err
	}
	if err := os.WriteFile(e.outputsFile(), text, 0o600); err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "%s", text)
	return printCurl(e, text)
}

// deployError drops the output of the CLI from an error, because it is on the screen already.
func deployError(err error) error {
	var failed *stack.Error
	if errors.As(err, &failed) {
		return fmt.Errorf("pulumi %s: %w", failed.Args[0], failed.Err)
	}
	return err
}

const curl = `
Place an order (%s):

curl -i -X POST %s/order -H 'Content-Type: application/json' \
  -d '{"order":{"accountid":"a0","vendorid":"v0","orderdate":"2026-01-31T08:30:00Z","city":"Lisbon","details":{"coffeetype":"Latte","coffeesize":"Large","unitprice":3.5,"quantity":2}}}'

Read it, and a link to its invoice:

curl '%s/order?accountid=a0&vendorid=v0'
curl '%s/invoice?accountid=a0'
`

const curlChecker = `
Fill an account and the stock, and place an order (%[1]s):

curl -i -X POST %[2]s/account%[3]s -H 'Content-Type: application/json' -d '{"customerId":"c0","balance":100}'
curl -i -X POST %[2]s/stock%[3]s -H 'Content-Type: application/json' -d '{"productId":"p0","balance":10}'
curl -i -X POST %[2]s/order%[3]s -H 'Content-Type: application/json' \
  -d '{"customerId":"c0","items":[{"productId":"p0","qty":2}],"totalAmount":10.5}'

Ask for its status, with the orderId of the answer:

curl '%[2]s/order/ORDERID/status'%[3]s
`

func printCurl(e *environment, outputs []byte) error {
	var deployed map[string]struct{ URL, APIKey string }
	if err := json.Unmarshal(outputs, &deployed); err != nil {
		return fmt.Errorf("reading the outputs: %w", err)
	}
	for _, pattern := range slices.Sorted(maps.Keys(deployed)) {
		url, key := deployed[pattern].URL, deployed[pattern].APIKey
		if pattern != "checker" {
			fmt.Fprintf(e.stderr, curl, pattern, url, url, url)
			continue
		}
		if key != "" {
			key = " -H 'X-Api-Key: " + key + "'"
		}
		fmt.Fprintf(e.stderr, curlChecker, pattern, url, key)
	}
	return nil
}

// preview shows what up would change.
func preview(ctx context.Context, e *environment, c selection) error {
	config, err := c.config(e.project)
	if err != nil {
		return err
	}
	r, err := e.start(ctx)
	if err != nil {
		return err
	}
	s := e.stack(r)
	s.Log = e.stdout
	return deployError(s.Preview(ctx, config, false))
}

// down destroys the stack and stops the cloud. If the cloud does not run, only the state is removed: the resources ended
// with the cloud.
func down(ctx context.Context, e *environment) error {
	r, err := e.find()
	if err != nil {
		return err
	}
	s := e.stack(&running{})
	if r != nil {
		s = e.stack(r)
		if err := s.Destroy(ctx); err != nil {
			return deployError(err)
		}
		if err := e.stop(ctx); err != nil {
			return err
		}
	}
	for _, file := range []string{e.outputsFile(), e.cloudFile()} {
		if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return deployError(s.Forget(ctx))
}

// outputs prints the stack's outputs, and nothing else.
func outputs(_ context.Context, e *environment) error {
	text, err := os.ReadFile(e.outputsFile())
	if errors.Is(err, fs.ErrNotExist) {
		return errors.New("nothing is deployed: run `make up`")
	}
	if err != nil {
		return err
	}
	_, err = e.stdout.Write(text)
	return err
}

// printEnvironment prints the environment variables with which pulumi and aws find the local stack.
func printEnvironment(_ context.Context, e *environment) error {
	r, err := e.find()
	if err != nil {
		return err
	}
	if r == nil {
		return errors.New("the embedded cloud is not running: run `make up`")
	}
	variables := append(e.stack(r).Environment(),
		"AWS_ENDPOINT_URL="+r.Endpoint, "AWS_REGION=us-east-1", "AWS_DEFAULT_REGION=us-east-1",
		"AWS_ACCESS_KEY_ID="+r.AccessKeyID, "AWS_SECRET_ACCESS_KEY="+r.SecretAccessKey)
	for _, v := range variables {
		name, value, _ := strings.Cut(v, "=")
		fmt.Fprintf(e.stdout, "export %s='%s'\n", name, strings.ReplaceAll(value, "'", `'\''`))
	}
	fmt.Fprintln(e.stdout, "unset AWS_PROFILE AWS_SESSION_TOKEN")
	return nil
}
