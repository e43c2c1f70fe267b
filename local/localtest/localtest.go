// Package localtest runs an embedded AWS inside a Go test: real endpoints for AWS SDK clients, IAM that is enforced,
// faults that the test injects, and a clock that the test moves. Nothing but the test's process is needed.
//
// See the example in the README of package local.
package localtest

import (
	"encoding/json"
	"io"
	"log/slog"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/jonboulle/clockwork"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local"
	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/internal/cloudtest"
)

// Cloud is an embedded cloud of one test. Its services and ports are those of local.Cloud.
type Cloud struct {
	*local.Cloud
	// Clock is the cloud's time. It stands still, at the time at which the test began, until the test calls Advance.
	Clock *clockwork.FakeClock

	engine *cloudtest.Engine
}

// Start starts an empty cloud, which ends with the test.
func Start(t testing.TB) *Cloud {
	t.Helper()
	clock := clockwork.NewFakeClockAt(clockwork.NewRealClock().Now())
	c, err := local.Start(local.Options{Clock: clock, Dir: t.TempDir(), Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return &Cloud{Cloud: c, Clock: clock, engine: &cloudtest.Engine{Provider: c.Provider, Account: c.Account, IAM: c.IAM, Name: "test"}}
}

// Config is the configuration of SDK clients to which everything is allowed.
func (c *Cloud) Config() aws.Config { return c.Admin.Config(c.Endpoint) }

// Deploy creates a resource of a Pulumi type, such as "aws:sqs/queue:Queue", and returns its outputs, such as "arn". Inputs
// that the embedded cloud does not accept fail the test. A resource without a name gets one.
func (c *Cloud) Deploy(t testing.TB, kind string, inputs map[string]any) (outputs map[string]any) {
	t.Helper()
	_, outputs = c.engine.MustDeploy(t, kind, inputs)
	return outputs
}

// Role creates a role with a policy document, and returns the configuration of SDK clients that act with it.
func (c *Cloud) Role(t testing.TB, name, document string) aws.Config {
	t.Helper()
	_, credentials := c.engine.Session(t, name, document)
	return credentials.Config(c.Endpoint)
}

// Fault puts a rule in force until the test ends or the returned function is called.
func (c *Cloud) Fault(t testing.TB, rule fault.Rule) (remove func()) {
	remove = c.Account.Faults.Add(rule)
	t.Cleanup(remove)
	return remove
}

// Allow is a policy document that allows actions on a resource, and nothing else.
func Allow(resourceARN string, actions ...string) string {
	text, _ := json.Marshal(map[string]any{ // strings can always be marshalled
		"Version": "2012-10-17", "Statement": map[string]any{"Effect": "Allow", "Action": actions, "Resource": resourceARN},
	})
	return string(text)
}
