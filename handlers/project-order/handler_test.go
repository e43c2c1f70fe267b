package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/store"
)

// table holds the item of the highest rank of each key, as the store's condition has it, and fails as told.
type table struct {
	mu    sync.Mutex
	items map[string]map[string]types.AttributeValue
	puts  []string         // order ids, those that were refused too
	fails map[string]error // by order id
}

func text(it map[string]types.AttributeValue, name string) string {
	s, _ := it[name].(*types.AttributeValueMemberS)
	if s == nil {
		return ""
	}
	return s.Value
}

func version(it map[string]types.AttributeValue) int64 {
	n, _ := it["version"].(*types.AttributeValueMemberN)
	if n == nil {
		return -1
	}
	v, _ := strconv.ParseInt(n.Value, 10, 64)
	return v
}

func (t *table) PutItem(_ context.Context, in *dynamodb.PutItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	id := text(in.Item, "orderid")
	t.puts = append(t.puts, id)
	if err := t.fails[id]; err != nil {
		return nil, err
	}
	k := text(in.Item, "accountid") + "/" + text(in.Item, "vendorid")
	held := t.items[k]
	if v, h := version(in.Item), version(held); v < h || v == h && text(in.Item, "tie") < text(held, "tie") {
		return nil, &types.ConditionalCheckFailedException{}
	}
	if t.items == nil {
		t.items = map[string]map[string]types.AttributeValue{}
	}
	t.items[k] = in.Item
	return &dynamodb.PutItemOutput{}, nil
}

// orders gives the order id that each key holds.
func (t *table) orders() map[string]string {
	ids := map[string]string{}
	for k, it := range t.items {
		ids[k] = text(it, "orderid")
	}
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
func call(t *testing.T, tab *table, b events.KinesisEvent) string {
	t.Helper()
	h := &handler{orders: &store.Writer{Client: tab, Table: "orders", Now: time.Now}}
	response, err := h.handle(t.Context(), b)
	require.NoError(t, err)
	require.NotNil(t, response.BatchItemFailures)
	if len(response.BatchItemFailures) == 0 {
		return ""
	}
	require.Len(t, response.BatchItemFailures, 1)
	return response.BatchItemFailures[0].ItemIdentifier
}

func TestTheNewestEventOfEachKeyIsTheItem(t *testing.T) {
	tab := &table{}
	require.Empty(t, call(t, tab, batch(t, "placed-completed-duplicate.json")))
	require.Equal(t, []string{"o1", "o2", "o3", "o4", "o3"}, tab.puts, "in the order of the stream")
	require.Equal(t, map[string]string{"a0/v0": "o1", "a0/v1": "o4"}, tab.orders())
}

func TestTwiceReversedAndInPiecesGiveTheSameItems(t *testing.T) {
	b := batch(t, "placed-completed-duplicate.json")
	once := &table{}
	call(t, once, b)
	reversed := slices.Clone(b.Records)
	slices.Reverse(reversed)
	for name, batches := range map[string][][]events.KinesisEventRecord{
		"twice":     {b.Records, b.Records},
		"reversed":  {reversed},
		"in pieces": {b.Records[2:], b.Records[:3], b.Records[1:2]},
	} {
		t.Run(name, func(t *testing.T) {
			tab := &table{}
			for _, records := range batches {
				require.Empty(t, call(t, tab, events.KinesisEvent{Records: records}))
			}
			require.Equal(t, once.orders(), tab.orders())
		})
	}
}

func TestMalformedRecordIsTheCheckpointAndStopsItsAccountAlone(t *testing.T) {
	tab, b := &table{}, batch(t, "four-accounts-one-malformed.json")
	require.Equal(t, b.Records[3].Kinesis.SequenceNumber, call(t, tab, b))
	slices.Sort(tab.puts)
	require.Equal(t, []string{"o0", "o1", "o2", "o4", "o6", "o7"}, tab.puts, "o5 waits behind it")

	// What Lambda does next: everything from the checkpoint on, and, that failing too, all but the record itself.
	require.Equal(t, b.Records[3].Kinesis.SequenceNumber, call(t, tab, events.KinesisEvent{Records: b.Records[3:]}))
	require.Empty(t, call(t, tab, events.KinesisEvent{Records: b.Records[4:]}))
	require.Equal(t, []string{"a0/v0", "a0/v6", "a1/v1", "a1/v5", "a2/v2", "a2/v7", "a3/v4"}, slices.Sorted(maps.Keys(tab.items)))
}

func TestWriteThatFailsIsTheCheckpoint(t *testing.T) {
	b := batch(t, "four-accounts-one-malformed.json")
	tab := &table{fails: map[string]error{"o1": errors.New("throttled"), "o7": errors.New("throttled")}}
	require.Equal(t, b.Records[1].Kinesis.SequenceNumber, call(t, tab, b))
	require.NotContains(t, tab.puts, "o5")
	require.Contains(t, tab.puts, "o6")
}

func TestRecordThatIsNoEventAtAllFails(t *testing.T) {
	for _, data := range []string{"", "hello", `{"orderid":"o1","accountid":"a0","vendorid":"v0","orderdate":"2026-03-01T08:40:00Z","eventtype":["order_completed"]}`} {
		b := batch(t, "placed-completed-duplicate.json")
		b.Records[4].Kinesis.Data = []byte(data)
		require.Equal(t, b.Records[4].Kinesis.SequenceNumber, call(t, &table{}, b))
	}
}

func TestEachEventIsLoggedWithItsPlace(t *testing.T) {
	var out bytes.Buffer
	defer slog.SetDefault(slog.Default())
	slog.SetDefault(slog.New(slog.NewJSONHandler(&out, nil)))
	b := batch(t, "placed-completed-duplicate.json")
	call(t, &table{}, b)
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	require.Len(t, lines, 5)
	for i, want := range []string{"order stored", "order superseded: the table holds a newer one"} {
		var line map[string]any
		require.NoError(t, json.Unmarshal([]byte(lines[i]), &line))
		delete(line, "time")
		require.Equal(t, map[string]any{
			"level": "INFO", "msg": want, "orderid": []string{"o1", "o2"}[i], "eventtype": []string{"new_order", "order_completed"}[i],
			"eventid": "0f6d3c3e-8a2b-4c59-9b7e-00000000000" + strconv.Itoa(i), "sequenceNumber": b.Records[i].Kinesis.SequenceNumber,
		}, line)
	}
}
