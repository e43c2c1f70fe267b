package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// callers is the API of a coffee pattern and the issuer of a local stack. It keeps the headers Authorization that come.
type callers struct {
	*httptest.Server
	mu     sync.Mutex
	seen   map[string]int // by the beginning of the header
	issued []string       // the forms
}

func newCallers(t *testing.T) *callers {
	t.Helper()
	c := &callers{seen: map[string]int{}}
	api := newCoffeeAPI(t)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /oidc/token", func(w http.ResponseWriter, r *http.Request) {
		id, secret, _ := r.BasicAuth()
		if id != "AKIALOCAL" || secret != "s" {
			answer(w, http.StatusUnauthorized, map[string]string{"error": "invalid_client"})
			return
		}
		_ = r.ParseForm()
		c.mu.Lock()
		defer c.mu.Unlock()
		c.issued = append(c.issued, r.PostForm.Encode())
		answer(w, http.StatusOK, map[string]any{"access_token": "T" + r.PostForm.Get("account")})
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		header := r.Header.Get("Authorization")
		if i := strings.IndexAny(header, "/,"); i > 0 {
			header = header[:i]
		}
		c.seen[header]++
		c.mu.Unlock()
		api.Config.Handler.ServeHTTP(w, r)
	})
	c.Server = httptest.NewServer(mux)
	t.Cleanup(c.Close)
	return c
}

// up makes c the project's local stack, whose API has an authorizer.
func (c *callers) up(t *testing.T, kind string) {
	t.Helper()
	dir := project(t, `{"fanout":{"url":"`+c.URL+`/prod","auth":"`+kind+`"}}`)
	state := `{"pid":1,"endpoint":"` + c.URL + `","accessKeyId":"AKIALOCAL","secretAccessKey":"s"}`
	require.NoError(t, os.WriteFile(filepath.Join(dir, ".local", "cloud.json"), []byte(state), 0o600))
}

func TestTheLocalStacksAPIIsCalledAsItsAuthorizerNeedsIt(t *testing.T) {
	for kind, want := range map[string]string{"none": "", "jwt": "Bearer Tstaff", "iam": "AWS4-HMAC-SHA256 Credential=AKIALOCAL"} {
		t.Run(kind, func(t *testing.T) {
			c := newCallers(t)
			c.up(t, kind)
			_, _, err := orders(t, "place", "-n", "20")
			require.NoError(t, err)
			require.Equal(t, map[string]int{want: 20}, c.seen)
			if kind == "jwt" {
				require.Equal(t, []string{"account=staff&expires_in=3600&grant_type=client_credentials&scope=orders%3Aany+balances%3Awrite"}, c.issued, "one token serves all")
			} else {
				require.Empty(t, c.issued)
			}
		})
	}
}

func TestAnAPIOnAWSIsCalledAsTheFlagsSay(t *testing.T) {
	c := newCallers(t)
	project(t, "")
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAMINE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "s")
	t.Setenv("AWS_REGION", "eu-west-1")
	for _, flags := range [][]string{{}, {"--token", "mine"}, {"--sign"}} {
		_, _, err := orders(t, append([]string{"place", "-n", "1", "--url", c.URL + "/prod"}, flags...)...)
		require.NoError(t, err)
	}
	t.Setenv(tokenVariable, "environment")
	_, _, err := orders(t, "place", "-n", "1", "--url", c.URL+"/prod")
	require.NoError(t, err)
	require.Equal(t, map[string]int{"": 1, "Bearer mine": 1, "AWS4-HMAC-SHA256 Credential=AKIAMINE": 1, "Bearer environment": 1}, c.seen)
	_, _, err = orders(t, "place", "--url", c.URL, "--token", "x", "--sign")
	require.ErrorContains(t, err, "[sign token] were all set")
}

func TestTokenPrintsATokenAndNothingElse(t *testing.T) {
	c := newCallers(t)
	c.up(t, "jwt")
	out, _, err := orders(t, "token", "--account", "a0", "--scope", "orders:any,balances:write", "--expires", "90s")
	require.NoError(t, err)
	require.Equal(t, "Ta0\n", out)
	require.Equal(t, []string{"account=a0&expires_in=90&grant_type=client_credentials&scope=orders%3Aany+balances%3Awrite"}, c.issued)
	for want, args := range map[string][]string{
		`required flag(s) "account"`:               {"token"},
		"--account must not be empty":              {"token", "--account", ""},
		"--expires must be from 1s to 24h, got 0s": {"token", "--account", "a", "--expires", "0s"},
	} {
		_, _, err := orders(t, args...)
		require.ErrorContains(t, err, want)
	}
}
