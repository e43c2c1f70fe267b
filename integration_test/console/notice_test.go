package console

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// The tests of the page would notice what they assert that it does not do.
func TestABadPageIsNoticed(t *testing.T) {
	bad := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, `<!doctype html><title>Bad</title><p style="color: #eee; background: #fff">pale</p>
			<div data-testid="wide" style="width: 3000px">wide</div><img src="/missing.png">
			<script>console.warn('careful'); console.error('broken'); setTimeout(() => { throw new Error('thrown') })</script>`)
	}))
	t.Cleanup(bad.Close)
	p := newTab(t)
	p.resize(phone)
	p.do(chromedp.Navigate(bad.URL))
	p.eventually("the script has run", "document.readyState === 'complete'")
	noticed := func(text string) func() bool {
		return func() bool { return strings.Contains(strings.Join(p.noticed(), "\n"), text) }
	}
	for _, text := range []string{"careful", "broken", "thrown", "404", "a request to " + bad.URL} {
		require.Eventually(t, noticed(text), patience, patience/1000, "%s: %v", text, p.noticed())
	}
	require.Positive(t, p.overflow())
	rules := strings.Join(p.violations(), "\n")
	for _, rule := range []string{"color-contrast", "image-alt", "html-has-lang", "landmark-one-main"} {
		require.Contains(t, rules, rule)
	}
}
