package main

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/stretchr/testify/require"
)

func TestTokenPrintsATokenOfTheRunningCloud(t *testing.T) {
	home := t.TempDir()
	_, _, err := command(t, home, "token", "--account", "a0")
	require.EqualError(t, err, "the embedded cloud is not running: run `make up`")
	project, err := findProject()
	require.NoError(t, err)
	e := &environment{project: project, home: home, stdout: os.Stdout, stderr: os.Stderr}
	r, err := e.start(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.stop(context.WithoutCancel(t.Context()))) })

	_, _, err = command(t, home, "token")
	require.ErrorContains(t, err, `"account" not set`)
	_, _, err = command(t, home, "token", "--account", "a0", "--expires", "25h")
	require.ErrorContains(t, err, "expires_in is from 1 to 86400 seconds")
	text, _, err := command(t, home, "token", "--account", "a0", "--scope", "orders:any", "--scope", "balances:write", "--expires", "5m")
	require.NoError(t, err)
	require.NotContains(t, text[:len(text)-1], "\n")
	parsed, err := jwt.ParseSigned(text[:len(text)-1], []jose.SignatureAlgorithm{jose.RS256})
	require.NoError(t, err)
	var claims map[string]any
	require.NoError(t, parsed.UnsafeClaimsWithoutVerification(&claims))
	require.Equal(t, []any{r.Endpoint + "/oidc", "order-patterns", "a0", "orders:any balances:write"},
		[]any{claims["iss"], claims["aud"], claims["sub"], claims["scope"]})
	require.InDelta(t, time.Now().Add(5*time.Minute).Unix(), claims["exp"], 30)
}

func TestAuthJWTTrustsTheRunningCloudUnlessTheConfigNamesAnIssuer(t *testing.T) {
	project := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(project, "Pulumi.yaml"), []byte("name: p\nruntime: go\nconfig:\n"+
		"  auth: {type: string}\n  jwtIssuer: {type: string}\n  jwtAudience: {type: string}\n"), 0o600))
	r := &running{Endpoint: "http://127.0.0.1:1"}
	for _, tc := range []struct {
		values []string
		want   map[string]string
	}{
		{nil, map[string]string{}},
		{[]string{"auth=none"}, map[string]string{"auth": "none"}},
		{[]string{"auth=iam"}, map[string]string{"auth": "iam"}},
		{[]string{"auth=jwt"}, map[string]string{"auth": "jwt", "jwtIssuer": "http://127.0.0.1:1/oidc", "jwtAudience": "order-patterns"}},
		{[]string{"auth=jwt", "jwtAudience=mine"}, map[string]string{"auth": "jwt", "jwtIssuer": "http://127.0.0.1:1/oidc", "jwtAudience": "mine"}},
		{[]string{"auth=jwt", "jwtIssuer=https://a.example"}, map[string]string{"auth": "jwt", "jwtIssuer": "https://a.example"}},
	} {
		config, err := selection{pattern: "fanout", values: tc.values}.config(project)
		require.NoError(t, err)
		r.trust(config)
		tc.want["pattern"] = "fanout"
		require.Equal(t, tc.want, config)
	}
}
