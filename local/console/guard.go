package console

import (
	"crypto/subtle"
	"net/http"
)

// tokenHeader carries the token. A page of another site cannot set it without a preflight, which is not answered.
const tokenHeader = "X-Console-Token"

// contentPolicy lets the page load what this server serves, and nothing else.
// https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Content-Security-Policy
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// guard refuses requests for another host, which a name that was bound to 127.0.0.1 makes, and requests of other sites. What
// changes something needs the token.
func (c *Console) guard(next http.Handler) http.Handler {
	origin := "http://" + c.address
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		from := r.Header.Get("Origin")
		switch {
		case r.Host != c.address:
			refuse(w, http.StatusForbidden, "the Host header must be "+c.address)
		case from != "" && from != origin:
			refuse(w, http.StatusForbidden, "the Origin header must be "+origin)
		case r.Method != http.MethodGet && r.Method != http.MethodHead && subtle.ConstantTimeCompare([]byte(r.Header.Get(tokenHeader)), []byte(c.token)) != 1:
			refuse(w, http.StatusForbidden, "the header "+tokenHeader+" must be the token of the address that make console prints")
		default:
			next.ServeHTTP(w, r)
		}
	})
}
