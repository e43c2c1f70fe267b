package part

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/cmd/review/change"
)

func TestEnvironmentIsThatOfTheDeployedFunction(t *testing.T) {
	resources := []change.Resource{{Type: "aws:lambda/function:Function", Inputs: map[string]any{
		"s3Key": "project/local/fanout/get-order/0123.zip", "environment": map[string]any{"variables": map[string]any{"A": "b"}}}}}
	require.Equal(t, []string{"A=b"}, environment("get-order", resources))
	require.Nil(t, environment("order", resources))
}

func TestSameZipsAreNotStarted(t *testing.T) {
	s := &Speed{Load: &Load{Same: []string{"fanout"}}}
	for range 2 {
		project := t.TempDir()
		for _, dir := range []string{"handlers/functions/a", "build/local"} {
			require.NoError(t, os.MkdirAll(filepath.Join(project, dir), 0o755))
		}
		for _, name := range []string{"a", "left-over"} {
			require.NoError(t, os.WriteFile(filepath.Join(project, "build", "local", name+".zip"), []byte("zip"), 0o600))
		}
		require.NoError(t, s.Measure(t.Context(), Version{Project: project}))
	}
	require.Len(t, s.versions[0], 1)
	section, err := s.Section(t.Context())
	require.NoError(t, err)
	require.Equal(t, Section{
		Markdown: "The functions have the code that they had.\n\nNo orders were placed in `fanout`: nothing differs there that they run through.",
	}, section)
}
