package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/invoice"
)

// bucket keeps the objects put to it, and refuses a key that is taken.
type bucket struct {
	mu      sync.Mutex
	objects map[string]string
	fails   string // part of the key that cannot be put
}

func (b *bucket) PutObject(_ context.Context, in *s3.PutObjectInput, _ ...func(*s3.Options)) (*s3.PutObjectOutput, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	key := aws.ToString(in.Key)
	if b.fails != "" && strings.Contains(key, b.fails) {
		return nil, errors.New("SlowDown")
	}
	if _, taken := b.objects[key]; taken {
		return nil, &smithy.GenericAPIError{Code: "PreconditionFailed"}
	}
	body, err := io.ReadAll(in.Body)
	if err != nil {
		return nil, err
	}
	if b.objects == nil {
		b.objects = map[string]string{}
	}
	b.objects[key] = string(body)
	return &s3.PutObjectOutput{}, nil
}

func batch(t *testing.T, file string) (b events.SQSEvent) {
	t.Helper()
	event, err := os.ReadFile("testdata/" + file)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(event, &b))
	return b
}

func call(t *testing.T, to *bucket, b events.SQSEvent) (failed []string) {
	t.Helper()
	h := &handler{invoices: &invoice.Writer{Client: to, Bucket: "b"}}
	response, err := h.handle(context.Background(), b)
	require.NoError(t, err)
	require.NotNil(t, response.BatchItemFailures)
	for _, f := range response.BatchItemFailures {
		failed = append(failed, f.ItemIdentifier)
	}
	return failed
}

func invoiced(t *testing.T, b *bucket) (ids []string) {
	t.Helper()
	for _, body := range b.objects {
		var d struct{ OrderID string }
		require.NoError(t, json.Unmarshal([]byte(body), &d))
		ids = append(ids, d.OrderID)
	}
	return ids
}

func TestOfTenMessagesTheMalformedOneFailsAlone(t *testing.T) {
	to, b := &bucket{}, batch(t, "ten-one-malformed.json")
	require.Equal(t, []string{b.Records[4].MessageId}, call(t, to, b))
	require.ElementsMatch(t, []string{"o0", "o1", "o2", "o3", "o5", "o6", "o7", "o8", "o9"}, invoiced(t, to))
}

func TestOnlyPlacedOrdersAreInvoicedAndOnlyOnce(t *testing.T) {
	to, b := &bucket{}, batch(t, "placed-completed-duplicate.json")
	require.Empty(t, call(t, to, b))
	require.ElementsMatch(t, []string{"o1", "o3"}, invoiced(t, to))
	require.Empty(t, call(t, to, b), "the whole batch again")
	require.Len(t, to.objects, 2)
}

func TestInvoiceThatCannotBeWrittenIsReported(t *testing.T) {
	b := batch(t, "ten-one-malformed.json")
	require.Equal(t, []string{b.Records[4].MessageId, b.Records[8].MessageId}, call(t, &bucket{fails: "/o8/"}, b))
}
