package oidc

import (
	"slices"
	"strings"
)

// Claims are the claims of a verified token.
type Claims struct {
	Subject string // the claim sub; never empty
	all     map[string]any
}

// String returns a claim that is a string, or "".
func (c Claims) String(name string) string {
	s, _ := c.all[name].(string)
	return s
}

// Scopes returns the scopes of the token: the claim scope, separated by spaces (RFC 8693, RFC 9068), or else the claim scp, a list or also
// separated by spaces (Okta, Microsoft Entra ID).
func (c Claims) Scopes() []string {
	for _, name := range []string{"scope", "scp"} {
		switch v := c.all[name].(type) {
		case string:
			return strings.Fields(v)
		case []any:
			var scopes []string
			for _, scope := range v {
				if s, ok := scope.(string); ok {
					scopes = append(scopes, s)
				}
			}
			return scopes
		}
	}
	return nil
}

// HasScopes reports whether the token has all of the scopes.
func (c Claims) HasScopes(scopes ...string) bool {
	has := c.Scopes()
	return !slices.ContainsFunc(scopes, func(s string) bool { return !slices.Contains(has, s) })
}
