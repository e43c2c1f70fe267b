package balances_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/stretchr/testify/require"
)

// partial is a busy table: until it was called full times, a BatchGetItem returns the item of one key, and the other keys
// as unprocessed.
type partial struct{ calls, full int }

func (p *partial) client(t *testing.T, to *dynamodb.Client) *dynamodb.Client {
	return dynamodb.New(to.Options(), func(o *dynamodb.Options) { o.HTTPClient = &cutting{t: t, partial: p, next: o.HTTPClient} })
}

// cutting is an HTTP client that adds all keys but the first to the answer as unprocessed, and removes their items.
type cutting struct {
	t *testing.T
	*partial
	next dynamodb.HTTPClient
}

type keys = map[string]struct {
	ConsistentRead bool
	Keys           []json.RawMessage
}

func (c *cutting) Do(r *http.Request) (*http.Response, error) {
	if c.calls++; c.calls >= c.full {
		return c.next.Do(r)
	}
	body, err := io.ReadAll(r.Body)
	require.NoError(c.t, err)
	var asked struct{ RequestItems keys }
	require.NoError(c.t, json.Unmarshal(body, &asked))
	rest := asked.RequestItems["balances"]
	require.True(c.t, rest.ConsistentRead)
	rest.Keys = rest.Keys[1:]
	r.Body = io.NopCloser(bytes.NewReader(body))
	response, err := c.next.Do(r)
	if err != nil {
		return nil, err
	}
	var answer map[string]any
	require.NoError(c.t, json.NewDecoder(response.Body).Decode(&answer))
	found := answer["Responses"].(map[string]any)["balances"].([]any)
	answer["Responses"] = map[string]any{"balances": found[:min(1, len(found))]}
	answer["UnprocessedKeys"] = keys{"balances": rest}
	cut, err := json.Marshal(answer)
	require.NoError(c.t, err)
	response.Body, response.ContentLength = io.NopCloser(bytes.NewReader(cut)), int64(len(cut))
	response.Header.Del("X-Amz-Crc32")
	return response, nil
}
