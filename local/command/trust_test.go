package command

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAuthJWTTrustsTheRunningCloudUnlessTheConfigNamesAnIssuer(t *testing.T) {
	project := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(project, "Pulumi.yaml"), []byte("name: p\nruntime: go\nconfig:\n"+
		"  pattern: {type: string}\n  auth: {type: string}\n  jwtIssuer: {type: string}\n  jwtAudience: {type: string}\n"), 0o600))
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

// A program of somebody else has no patterns to choose from.
func TestThePatternIsOnlyForAProgramThatDeclaresIt(t *testing.T) {
	project := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(project, "Pulumi.yaml"), []byte("name: p\nruntime: go\n"), 0o600))
	config, err := selection{pattern: "fanout"}.config(project)
	require.NoError(t, err)
	require.Empty(t, config)
}
