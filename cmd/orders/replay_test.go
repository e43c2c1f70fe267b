package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	ordersARN  = "arn:aws:kinesis:eu-west-1:123456789012:stream/orders"
	streamJSON = `{"streamArn":"` + ordersARN + `","projectFailuresUrl":"project-failures","invoiceFailuresUrl":"invoice-failures","functions":{"project-order":{"name":"project-1","logGroup":"g"},"invoice-order":{"name":"invoice-1"}}}`
)

// cloud is the part of AWS that a replay uses: a stream of one shard with three records, and functions that fail on one.
type cloud struct {
	*httptest.Server
	mu        sync.Mutex
	poison    string         // a sequence number, or ""
	called    map[string]int // by function: the records that it got
	timestamp json.Number    // of the iterator
	signed    string         // the Authorization header of the last request
	failures  []string       // the queues that were received from
	deleted   []string       // the receipt handles of messages that were deleted
}

func newCloud(t *testing.T) *cloud {
	t.Helper()
	c := &cloud{called: map[string]int{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /{$}", c.kinesis)
	mux.HandleFunc("POST /2015-03-31/functions/{name}/invocations", c.invoke)
	c.Server = httptest.NewServer(mux)
	t.Cleanup(c.Close)
	return c
}

func (c *cloud) kinesis(w http.ResponseWriter, r *http.Request) {
	var in struct {
		StreamARN, ShardIterator string
		Timestamp                json.Number
		QueueURL, ReceiptHandle  string
	}
	_ = json.NewDecoder(r.Body).Decode(&in)
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	c.mu.Lock()
	c.signed = r.Header.Get("Authorization")
	c.mu.Unlock()
	switch _, action, _ := strings.Cut(r.Header.Get("X-Amz-Target"), "."); {
	case action == "DeleteMessage":
		c.deleted = append(c.deleted, in.ReceiptHandle)
		_, _ = io.WriteString(w, `{}`)
	case slices.Contains(c.failures, in.QueueURL): // it is empty now
		_, _ = io.WriteString(w, `{}`)
	case action == "ReceiveMessage":
		c.failures = append(c.failures, in.QueueURL)
		answer(w, 200, map[string]any{"Messages": []any{map[string]any{
			"MessageId": "m", "ReceiptHandle": "of " + in.QueueURL, "Attributes": map[string]string{"SentTimestamp": "1"},
			"Body": `{"KinesisBatchInfo":{"shardId":"shardId-000000000000","startSequenceNumber":"10","endSequenceNumber":"11"}}`,
		}}})
	case in.StreamARN != ordersARN:
		w.WriteHeader(400)
		_, _ = io.WriteString(w, `{"__type":"ResourceNotFoundException","message":"no stream `+in.StreamARN+`"}`)
	case action == "ListShards":
		_, _ = io.WriteString(w, `{"Shards":[{"ShardId":"shardId-000000000000","HashKeyRange":{"StartingHashKey":"0","EndingHashKey":"1"},"SequenceNumberRange":{"StartingSequenceNumber":"1"}}]}`)
	case action == "GetShardIterator":
		c.mu.Lock()
		c.timestamp = in.Timestamp
		c.mu.Unlock()
		_, _ = io.WriteString(w, `{"ShardIterator":"first"}`)
	case in.ShardIterator == "first":
		_, _ = io.WriteString(w, `{"Records":[`+strings.Join([]string{record("10"), record("11"), record("12")}, ",")+`],"NextShardIterator":"next","MillisBehindLatest":0}`)
	default:
		_, _ = io.WriteString(w, `{"Records":[],"NextShardIterator":"next","MillisBehindLatest":0}`)
	}
}

func record(number string) string {
	return `{"Data":"e30=","PartitionKey":"a","SequenceNumber":"` + number + `","ApproximateArrivalTimestamp":1000000000}`
}

func (c *cloud) invoke(w http.ResponseWriter, r *http.Request) {
	var e struct {
		Records []struct {
			Kinesis struct{ SequenceNumber string }
		}
	}
	_ = json.NewDecoder(r.Body).Decode(&e)
	c.mu.Lock()
	defer c.mu.Unlock()
	failures := []map[string]string{}
	for _, rec := range e.Records {
		if rec.Kinesis.SequenceNumber == c.poison {
			failures = append(failures, map[string]string{"itemIdentifier": c.poison})
			break
		}
		c.called[r.PathValue("name")]++
	}
	answer(w, 200, map[string]any{"batchItemFailures": failures})
}

// localCloud makes c the embedded cloud of the project's local stack.
func localCloud(t *testing.T, dir string, c *cloud) {
	t.Helper()
	t.Setenv("AWS_ENDPOINT_URL", "")
	// The user's AWS configuration must be ignored.
	t.Setenv("AWS_PROFILE", "production")
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(dir, "none"))
	state := `{"pid":1,"endpoint":"` + c.URL + `","accessKeyId":"AKIALOCAL","secretAccessKey":"s"}`
	require.NoError(t, os.WriteFile(filepath.Join(dir, ".local", "cloud.json"), []byte(state), 0o600))
}

func TestReplayInvokesTheLocalStacksFunctions(t *testing.T) {
	c := newCloud(t)
	localCloud(t, project(t, `{"eventstream":`+streamJSON+`,"fanout":{}}`), c)
	out, _, err := orders(t, "replay")
	require.NoError(t, err)
	require.Regexp(t, `^project-1: 3 records replayed, 0 refused, in \S+: \S+/s\n$`, out)
	require.Equal(t, map[string]int{"project-1": 3}, c.called)
	require.Contains(t, c.signed, "Credential=AKIALOCAL/")
	require.Contains(t, c.signed, "/eu-west-1/kinesis/")
	require.Empty(t, c.timestamp)

	since := time.Now().Add(-58 * 24 * time.Hour)
	out, _, err = orders(t, "replay", "--invoices", "--batch", "2", "--since", since.Format(time.RFC3339))
	require.NoError(t, err)
	require.Regexp(t, `^invoice-1: 3 records .*\nproject-1: 3 records .*\n$`, out)
	require.Equal(t, map[string]int{"project-1": 6, "invoice-1": 3}, c.called)
	require.Equal(t, strconv.FormatInt(since.Unix(), 10), c.timestamp.String())
}

func TestReplayOfFailuresSendsOnlyTheirRecordsAndEmptiesTheQueues(t *testing.T) {
	c := newCloud(t)
	localCloud(t, project(t, `{"eventstream":`+streamJSON+`}`), c)
	out, _, err := orders(t, "replay", "--failures", "--invoices")
	require.NoError(t, err)
	require.Regexp(t, `^invoice-1: 2 records replayed, 0 refused, .*\nproject-1: 2 records replayed, 0 refused, .*\n$`, out)
	require.Equal(t, map[string]int{"project-1": 2, "invoice-1": 2}, c.called)
	require.Equal(t, []string{"project-failures", "invoice-failures"}, c.failures)
	require.Equal(t, []string{"of project-failures", "of invoice-failures"}, c.deleted)
}

func TestReplayPrintsRefusedRecordsAndFails(t *testing.T) {
	c := newCloud(t)
	c.poison = "11"
	localCloud(t, project(t, `{"eventstream":`+streamJSON+`}`), c)
	out, _, err := orders(t, "replay")
	require.EqualError(t, err, "1 records were refused")
	require.Regexp(t, `^refused: sequence number 11 of shard shardId-000000000000 by project-1: .*\nproject-1: 2 records replayed, 1 refused, in `, out)

	_, _, err = orders(t, "replay", "--max-refused", "0")
	require.ErrorContains(t, err, "too many records were refused: more than 0")
}

func TestReplayOnAWSTakesItsNamesFromFlags(t *testing.T) {
	c := newCloud(t)
	t.Chdir(t.TempDir()) // there is no project
	t.Setenv("AWS_ENDPOINT_URL", c.URL)
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAMINE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "s")
	_, _, err := orders(t, "replay", "--stream-arn", ordersARN, "--project-function", "p", "--invoice-function", "i", "--invoices")
	require.NoError(t, err)
	require.Equal(t, map[string]int{"p": 3, "i": 3}, c.called)
	require.Contains(t, c.signed, "Credential=AKIAMINE/")
	require.Contains(t, c.signed, "/eu-west-1/kinesis/", "the region is the stream's")
}

func TestReplayNamesWhatIsMissing(t *testing.T) {
	for name, c := range map[string]struct {
		outputs string
		args    []string
		want    string
	}{
		"no stack":        {"", nil, "no --stream-arn given, and no local stack is up"},
		"another pattern": {`{"fanout":{}}`, nil, "the local stack does not run the pattern eventstream"},
		"no function":     {`{"eventstream":{"streamArn":"` + ordersARN + `"}}`, nil, "lack the stream or a function"},
		"no cloud":        {`{"eventstream":` + streamJSON + `}`, nil, "the embedded cloud is not running: run `make up`"},
		"since when?":     {"", []string{"--since", "yesterday"}, `--since must be a time in the past such as 2026-03-01T08:30:00Z, got "yesterday"`},
		"since too long ago": {"", []string{"--since", "2026-03-01T08:30:00Z"}, "--since must be at most 59 days ago, got 2026-03-01T08:30:00Z: orders of before can " +
			"only be stored again with their completions, so replay the whole stream, without --since"},
		"since tomorrow":     {"", []string{"--since", "2999-01-01T00:00:00Z"}, "--since must be a time in the past"},
		"batch":              {"", []string{"--batch", "0"}, "--batch must be from 1 to 10000, got 0"},
		"stream alone":       {"", []string{"--stream-arn", ordersARN}, "[stream-arn project-function]"},
		"no invoices":        {"", []string{"--stream-arn", ordersARN, "--project-function", "p", "--invoices"}, "--invoices needs --invoice-function, too"},
		"invoices of what?":  {"", []string{"--invoice-function", "i"}, "give --stream-arn and --project-function, too"},
		"no failure queue":   {"", []string{"--stream-arn", ordersARN, "--project-function", "p", "--failures"}, "--failures needs --project-failures"},
		"failures since":     {"", []string{"--failures", "--since", "2026-03-01T08:30:00Z"}, "[failures since] were all set"},
		"a name, not an ARN": {"", []string{"--stream-arn", "orders", "--project-function", "p"}, "--stream-arn must be like arn:aws:kinesis:"},
		"an API":             {"", []string{"--url", "http://h/prod"}, "name the stream of a stack on AWS with --stream-arn"},
		"wrong pattern":      {"", []string{"--pattern", "fanout"}, "replay reads the stream of the pattern eventstream"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("AWS_ENDPOINT_URL", "")
			project(t, c.outputs)
			_, _, err := orders(t, append([]string{"replay"}, c.args...)...)
			require.ErrorContains(t, err, c.want)
		})
	}
}
