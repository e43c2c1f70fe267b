package console_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/console"
	"github.com/order-patterns/order-patterns/local/localtest"
)

// start serves the page of an empty cloud.
func start(t *testing.T) (c *console.Console, cloud *localtest.Cloud, base, token string) {
	t.Helper()
	cloud = localtest.Start(t)
	c, err := console.Start(console.Options{Cloud: cloud.Cloud})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	base, token, _ = strings.Cut(c.URL(), "/#token=")
	return c, cloud, base, token
}

// ask sends a request and returns the status and the body.
func ask(t *testing.T, method, url string, edit func(*http.Request)) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	require.NoError(t, err)
	if edit != nil {
		edit(r)
	}
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(body)
}

func TestThePageIsForItsOwnHostAndOrigin(t *testing.T) {
	_, _, base, token := start(t)
	status, body := ask(t, "GET", base, nil)
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, body, "<title>")
	require.NotContains(t, body, token)

	for name, edit := range map[string]func(*http.Request){
		"another host":   func(r *http.Request) { r.Host = "orders.example" },
		"another port":   func(r *http.Request) { r.Host = "127.0.0.1:1" },
		"another origin": func(r *http.Request) { r.Header.Set("Origin", "http://orders.example") },
		"no origin":      func(r *http.Request) { r.Header.Set("Origin", "null") },
	} {
		t.Run(name, func(t *testing.T) {
			status, body := ask(t, "GET", base, edit)
			require.Equal(t, http.StatusForbidden, status)
			require.NotContains(t, body, "<title>")
		})
	}
}

func TestWhatChangesSomethingNeedsTheToken(t *testing.T) {
	_, _, base, token := start(t)
	for _, method := range []string{"POST", "PUT", "DELETE", "OPTIONS"} {
		status, body := ask(t, method, base+"/api/nothing", nil)
		require.Equal(t, http.StatusForbidden, status, method)
		require.Contains(t, body, "X-Console-Token", method)
		status, _ = ask(t, method, base+"/api/nothing", func(r *http.Request) { r.Header.Set("X-Console-Token", token+"x") })
		require.Equal(t, http.StatusForbidden, status, method)
		status, _ = ask(t, method, base+"/api/nothing", func(r *http.Request) { r.Header.Set("X-Console-Token", token) })
		require.NotEqual(t, http.StatusForbidden, status, method)
	}
}
