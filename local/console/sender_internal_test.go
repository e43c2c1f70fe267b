package console

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local"
	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/xray"
)

func TestEachRequestHasAnIDANumberAndATrace(t *testing.T) {
	var mu sync.Mutex
	bodies, traces := map[string]bool{}, map[string]bool{}
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		bodies[string(body)] = true
		if text := r.Header.Get("X-Amzn-Trace-Id"); text != "" {
			if h, ok := xray.ParseHeader(text); ok && h.Sampled {
				traces[h.Root] = true
			}
		}
		if r.Header.Get("Content-Type") != "application/json" || r.Header.Get("Authorization") != "Bearer t" {
			t.Error(r.Header)
		}
	}))
	defer server.Close()
	a := account.New(clockwork.NewFakeClockAt(time.Now()), slog.New(slog.DiscardHandler))
	s := &sender{
		console: &Console{cloud: &local.Cloud{Account: a}}, url: server.URL, method: "POST", path: "/order", body: `{"id":"{id}","n":{n}}`,
		headers: http.Header{"Authorization": {"Bearer t"}},
	}
	out, err := s.run(t.Context(), 150, 10)
	require.NoError(t, err)
	require.Equal(t, map[string]int{"200": 150}, out.Answers)
	require.Len(t, bodies, 150)
	require.Len(t, out.IDs, 100)
	require.True(t, bodies[`{"id":"`+out.IDs[0]+`","n":1}`])
	require.True(t, bodies[`{"id":"`+out.IDs[99]+`","n":100}`])
	require.Len(t, traces, 100)

	server.Close()
	out, err = s.run(t.Context(), 2, 2)
	require.NoError(t, err)
	require.Empty(t, out.IDs)
	failed := 0
	for text, n := range out.Errors {
		require.NotContains(t, text, "/order")
		failed += n
	}
	require.Equal(t, 2, failed)
}

func TestTheIDOfARecordIsThatOfTheAnswerOrTheSentOne(t *testing.T) {
	s := &sender{console: &Console{settings: Settings{Record: Record{ID: "orderId"}}}, body: `{"id":"{id}"}`}
	for answer, want := range map[string]string{
		`{"orderid":"a"}`: "a", `{"ORDERID":"a","x":{"orderId":"b"}}`: "a", `{"order":{"orderId":"b"}}`: "b",
		`{"a":{"b":{"orderId":"c"}}}`: "c", `{"orderId":7}`: "sent", `[]`: "sent", ``: "sent", `null`: "sent",
	} {
		require.Equal(t, want, s.recordID([]byte(answer), "sent"), answer)
	}
	s.body = strings.ReplaceAll(s.body, "{id}", "x")
	require.Empty(t, s.recordID(nil, "sent"))
}
