package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"slices"
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

// invoiced gives the ids of the orders that have an invoice, sorted.
func (b *bucket) invoiced(t *testing.T) (ids []string) {
	t.Helper()
	for _, body := range b.objects {
		var d struct{ OrderID string }
		require.NoError(t, json.Unmarshal([]byte(body), &d))
		ids = append(ids, d.OrderID)
	}
	slices.Sort(ids)
	return ids
}

func batch(t *testing.T, file string) (b events.KinesisEvent) {
	t.Helper()
	event, err := os.ReadFile("testdata/" + file)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(event, &b))
	return b
}

// call hands the batch over, and gives the checkpoint, "" if all was done.
func call(t *testing.T, to *bucket, b events.KinesisEvent) string {
	t.Helper()
	h := &handler{invoices: &invoice.Writer{Client: to, Bucket: "b"}}
	response, err := h.handle(t.Context(), b)
	require.NoError(t, err)
	require.NotNil(t, response.BatchItemFailures)
	if len(response.BatchItemFailures) == 0 {
		return ""
	}
	require.Len(t, response.BatchItemFailures, 1)
	return response.BatchItemFailures[0].ItemIdentifier
}

func TestOnlyPlacedOrdersAreInvoicedAndOnlyOnce(t *testing.T) {
	to, b := &bucket{}, batch(t, "placed-completed-duplicate.json")
	require.Empty(t, call(t, to, b))
	require.Equal(t, []string{"o1", "o3"}, to.invoiced(t))
	slices.Reverse(b.Records)
	require.Empty(t, call(t, to, b), "the whole batch again")
	require.Len(t, to.objects, 2)
}

func TestMalformedRecordIsTheCheckpointAndStopsItsAccountAlone(t *testing.T) {
	to, b := &bucket{}, batch(t, "four-accounts-one-malformed.json")
	require.Equal(t, b.Records[3].Kinesis.SequenceNumber, call(t, to, b))
	require.Equal(t, []string{"o0", "o1", "o2", "o4", "o6", "o7"}, to.invoiced(t), "o5 waits behind it")
	require.Empty(t, call(t, to, events.KinesisEvent{Records: b.Records[4:]}))
	require.Equal(t, []string{"o0", "o1", "o2", "o4", "o5", "o6", "o7"}, to.invoiced(t))
}

func TestInvoiceThatCannotBeWrittenIsTheCheckpoint(t *testing.T) {
	b := batch(t, "four-accounts-one-malformed.json")
	to := &bucket{fails: "/o2/"}
	require.Equal(t, b.Records[2].Kinesis.SequenceNumber, call(t, to, b))
	require.NotContains(t, to.invoiced(t), "o7", "of the same account, and later")

	to.fails = ""
	require.Equal(t, b.Records[3].Kinesis.SequenceNumber, call(t, to, events.KinesisEvent{Records: b.Records[2:]}))
	require.Equal(t, []string{"o0", "o1", "o2", "o4", "o6", "o7"}, to.invoiced(t))
}
