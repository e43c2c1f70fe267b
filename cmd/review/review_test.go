package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/cmd/client/localstack"
)

// TestReviewOfAChange reviews a change of a copy of the project, with a few orders. It needs the Pulumi CLI that `make cli` builds, and
// takes a minute.
func TestReviewOfAChange(t *testing.T) {
	project, err := localstack.Project()
	require.NoError(t, err)
	git := func(dir string, args ...string) string {
		cmd := exec.CommandContext(t.Context(), "git", append([]string{"-c", "user.name=t", "-c", "user.email=t@example.com"}, args...)...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "git %v: %s", args, out)
		return string(out)
	}
	functions := []string{"publish-order", "store-order", "write-invoice", "get-order", "get-invoice"} // of the pattern
	copied := filepath.Join(t.TempDir(), "project")
	for _, name := range strings.Fields(git(project, "ls-files", "--cached", "--others", "--exclude-standard")) {
		if function, ok := strings.CutPrefix(name, "handlers/functions/"); ok && !slices.Contains(functions, strings.Split(function, "/")[0]) {
			continue // linking the others takes time
		}
		text, err := os.ReadFile(filepath.Join(project, name))
		if os.IsNotExist(err) {
			continue // deleted, and not yet committed
		}
		require.NoError(t, err)
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(copied, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(copied, name), text, 0o600))
	}
	git(copied, "init", "--quiet", "--initial-branch", "main")
	git(copied, "add", "--all")
	git(copied, "commit", "--quiet", "--message", "base")
	require.NoError(t, os.Symlink(filepath.Join(project, ".tools"), filepath.Join(copied, ".tools")))

	store := filepath.Join(copied, "components", "orderstore.go")
	text, err := os.ReadFile(store)
	require.NoError(t, err)
	const before, after = `may("StoreOrder", s.table.Arn, "dynamodb:PutItem")`, `may("StoreOrder", s.table.Arn, "dynamodb:*")`
	require.Contains(t, string(text), before)
	require.NoError(t, os.WriteFile(store, bytes.Replace(text, []byte(before), []byte(after), 1), 0o600))

	t.Chdir(copied)
	var page, log bytes.Buffer
	err = run(t.Context(), nil, []string{"--patterns", "fanout", "--fail-on", "replace,widen,policy,slower=10%"}, &page, &log)
	var met *metError
	require.ErrorAs(t, err, &met, log.String())
	require.Equal(t, "--fail-on: widen: 1 permission(s) wider; policy: 1 new finding(s)", met.Error())
	require.Contains(t, page.String(), "**1 permission widened**; 1 resource changed; **new policy findings: 1**.\n")
	require.Contains(t, page.String(), "\n- role policy `fanout-store-order-policy`: `policy`: see the permissions\n")
	require.Contains(t, page.String(), "\n- **The role `fanout-store-order-role` may now use `dynamodb:*` on table `fanout-orders`; before, only `dynamodb:PutItem`.**\n")
	require.Contains(t, page.String(), "\n- **New: `no-wildcard`: role policy `fanout-store-order-policy`: the statement StoreOrder allows dynamodb:\\*; ")
	require.Contains(t, page.String(), "\n## Cost\n\nA month in which nothing runs costs what it did: ")
	require.Contains(t, page.String(), "\n| `fanout`, rounds of 150 | orders completed a second | ")
	require.Contains(t, page.String(), "A million orders")
	require.NotContains(t, git(copied, "worktree", "list"), "review-")
}
