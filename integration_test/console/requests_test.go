package console

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// api sends a request to the console as its page does, and returns the answer, which must be of status 200.
func api[Out any](t testing.TB, method, path string, in any) (out Out) {
	t.Helper()
	status, body := ask(t, method, path, in)
	require.Equal(t, http.StatusOK, status, "%s %s: %s", method, path, body)
	require.NoError(t, json.Unmarshal(body, &out))
	return out
}

// ask sends a request to the console as its page does.
func ask(t testing.TB, method, path string, in any) (status int, body []byte) {
	t.Helper()
	text, err := json.Marshal(in)
	require.NoError(t, err)
	base, token, _ := strings.Cut(served.console.URL(), "/#token=")
	r, err := http.NewRequestWithContext(context.Background(), method, base+path, bytes.NewReader(text)) // also at the end of a test
	require.NoError(t, err)
	r.Header.Set("X-Console-Token", token)
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err = io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, body
}

type request struct {
	Component, Title, Method, Path, Body string
}

type sent struct {
	IDs     []string
	Answers map[string]int
	Errors  map[string]int
	Sample  string
}

// send sends a request of the settings count times, parallel at a time.
func send(t testing.TB, component string, count, parallel int) sent {
	t.Helper()
	for _, r := range api[struct{ Requests []request }](t, "GET", "/api/requests", nil).Requests {
		if r.Component == component && r.Title != "" {
			return api[sent](t, "POST", "/api/requests", map[string]any{
				"component": r.Component, "title": r.Title, "body": r.Body, "count": count, "parallel": parallel,
			})
		}
	}
	require.FailNow(t, "no request", "of %s", component)
	return sent{}
}

var patterns = []string{"fanout", "orchestrator", "eventstream", "checker"}

func TestEachPatternAcceptsTheRequestOfTheSettings(t *testing.T) {
	for _, pattern := range patterns {
		t.Run(pattern, func(t *testing.T) {
			status := "202"
			if pattern == "checker" {
				status = "200"
			}
			s := send(t, pattern, 3, 1)
			require.Empty(t, s.Errors)
			require.Equal(t, map[string]int{status: 3}, s.Answers, s.Sample)
			require.Len(t, s.IDs, 3)
		})
	}
}
