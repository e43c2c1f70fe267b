package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/cmd/client/localstack"
)

// TestTheChangesOfTheExamplesApply asserts that the diff of each page in docs/review fits the code, so that its page can be made again.
func TestTheChangesOfTheExamplesApply(t *testing.T) {
	project, err := localstack.Project()
	require.NoError(t, err)
	pages, err := filepath.Glob(filepath.Join(project, "docs", "review", "*.md"))
	require.NoError(t, err)
	examples := 0
	for _, page := range pages {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		diff := regexp.MustCompile("(?s)\n```diff\n(.*?\n)```\n").FindSubmatch(text)
		if diff == nil {
			continue
		}
		examples++
		file := filepath.Join(t.TempDir(), "change.diff")
		require.NoError(t, os.WriteFile(file, diff[1], 0o600))
		cmd := exec.CommandContext(t.Context(), "git", "apply", "--check", file)
		cmd.Dir = project
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s: %s", filepath.Base(page), out)
	}
	require.Equal(t, 5, examples)
}
