package sqs

import (
	"errors"
	"io"
	"log/slog"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"
	"github.com/jonboulle/clockwork"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/iam"
	"github.com/order-patterns/order-patterns/local/internal/cloudtest"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/wire"
)

// cloud is an SQS behind a real endpoint.
type cloud struct {
	*Service
	t       testing.TB
	account *account.Account
	clock   *clockwork.FakeClock
	iam     *iam.Service
	url     string
	client  *sdk.Client // may do everything
	admin   policy.Principal
}

func newCloud(t testing.TB) *cloud {
	t.Helper()
	// Signatures are checked against the clock, and the SDK signs with the real one.
	clock := clockwork.NewFakeClockAt(clockwork.NewRealClock().Now())
	c := newCloudAt(t, clock)
	c.clock = clock
	return c
}

func newCloudAt(t testing.TB, clock clockwork.Clock) *cloud {
	a := account.New(clock, slog.New(slog.NewTextHandler(io.Discard, nil)))
	users := iam.New(a)
	c := &cloud{Service: New(a), t: t, account: a, iam: users}
	server := httptest.NewServer(wire.NewServer(a, users, c.Service))
	t.Cleanup(server.Close)
	a.SetEndpoint(server.URL)
	c.url = server.URL
	creds := users.AddAdministrator("test")
	c.client = c.clientFor(creds)
	id, _ := users.Lookup(creds.AccessKeyID)
	c.admin = id.Principal
	return c
}

func (c *cloud) clientFor(creds iam.Credentials) *sdk.Client {
	return sdk.NewFromConfig(cloudtest.Config(creds, c.url))
}

type settingsMap = map[string]string

// queue makes a queue and returns its ARN.
func (c *cloud) queue(t testing.TB, name string, attributes settingsMap) string {
	t.Helper()
	_, err := c.create(name, attributes, nil)
	require.NoError(t, err)
	return QueueARN(name)
}

// queueURL makes a queue and returns its URL.
func (c *cloud) queueURL(t testing.TB, name string, attributes settingsMap) *string {
	c.queue(t, name, attributes)
	return aws.String(c.QueueURL(name))
}

func (c *cloud) send(t testing.TB, arn string, bodies ...string) {
	t.Helper()
	for _, body := range bodies {
		_, err := c.Send(t.Context(), c.admin, nil, arn, Message{Body: body})
		require.NoError(t, err)
	}
}

// receive receives what can be received now.
func (c *cloud) receive(t testing.TB, arn string) []Received {
	t.Helper()
	got, err := c.Receive(t.Context(), c.admin, arn, 100, 0, 0)
	require.NoError(t, err)
	return got
}

func (c *cloud) delete(t testing.TB, arn string, messages ...Received) {
	t.Helper()
	for _, m := range messages {
		require.NoError(t, c.Delete(t.Context(), c.admin, arn, []string{m.ReceiptHandle}))
	}
}

// counts are how many messages are visible, in flight and delayed.
func (c *cloud) counts(arn string) [3]string {
	a := c.findARN(arn).attributes()
	return [3]string{
		a["ApproximateNumberOfMessages"], a["ApproximateNumberOfMessagesNotVisible"], a["ApproximateNumberOfMessagesDelayed"],
	}
}

func bodies(messages []Received) []string {
	list := []string{}
	for _, m := range messages {
		list = append(list, m.Body)
	}
	return list
}

func redriveTo(arn string, maxReceiveCount int) settingsMap {
	return settingsMap{"RedrivePolicy": `{"deadLetterTargetArn":"` + arn + `","maxReceiveCount":` + strconv.Itoa(maxReceiveCount) + `}`}
}

// code is the error's code as SDKs know it.
func code(err error) string {
	var e smithy.APIError
	if errors.As(err, &e) {
		return e.ErrorCode()
	}
	var w *wire.Error
	if errors.As(err, &w) {
		return w.Code
	}
	return ""
}

// eventually waits for what another goroutine does once the fake clock has moved.
func eventually(t testing.TB, what func() bool) {
	t.Helper()
	require.Eventually(t, what, 5*time.Second, time.Millisecond)
}
