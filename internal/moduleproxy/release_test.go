package moduleproxy

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const released = "v0.99.0"

// Serve serves the modules that tools/release tags, with the same go.mod files.
func TestARelease(t *testing.T) {
	root := checkout(t)
	_, modules := tree(t, root)
	want := map[string]string{}
	for folder := range modules {
		file := filepath.Join(root, folder, "go.mod")
		want[file] = string(releasedMod(t, file, modules, released))
	}
	out, err := release(t, root)
	require.NoError(t, err, out)

	for file, text := range want {
		require.Equal(t, text, read(t, file), file)
	}
	tags := strings.Fields(git(t, root, "tag", "--list"))
	for _, folder := range slices.Sorted(maps.Keys(modules)) {
		require.Equal(t, !strings.HasPrefix(folder, "integration_test") && !strings.HasPrefix(folder, "examples/"), slices.Contains(tags, folder+released), folder)
	}
	require.Contains(t, out, "git push --atomic origin main "+released+"\n")
	require.Contains(t, out, " handlers/kit/"+released)
	require.Contains(t, read(t, filepath.Join(root, "templates/fanout-go/go.mod")), modulePath+"/handlers/kit "+released+"\n")
	require.Contains(t, read(t, filepath.Join(root, "templates/fanout-go/README.md")), modulePath+"/local/cmd/local@"+released+" ")
	require.Contains(t, read(t, filepath.Join(root, "internal/moduleproxy/moduleproxy.go")), `const Version = "`+released+`"`)
	require.Equal(t, read(t, filepath.Join(root, "api/next/kit.txt")), read(t, filepath.Join(root, "api", released, "kit.txt")))
	require.Empty(t, git(t, root, "status", "--porcelain"))
	require.Equal(t, "check-api\ncheck test\n", read(t, filepath.Join(root, "../made")))
}

func TestARefusedRelease(t *testing.T) {
	root := checkout(t)
	for name, c := range map[string]struct{ prepare, want string }{
		"a file was changed": {"echo >> README.md", "the working tree is not clean"},
		"another branch":     {"git checkout -q -b other", "check out main"},
		"no heading":         {"git rm -q CHANGELOG.md && echo > CHANGELOG.md && git add . && git commit -q -m changelog", "CHANGELOG.md has no heading '## [0.99.0] - YYYY-MM-DD'"},
		"a tag exists":       {"git tag local/" + released, "the tag local/" + released + " exists"},
	} {
		t.Run(name, func(t *testing.T) {
			start := strings.TrimSpace(git(t, root, "rev-parse", "HEAD"))
			defer func() {
				git(t, root, "checkout", "-q", "-f", "main")
				git(t, root, "reset", "-q", "--hard", start)
			}()
			prepare := exec.Command("bash", "-ec", c.prepare)
			prepare.Dir = root
			out, err := prepare.CombinedOutput()
			require.NoError(t, err, string(out))
			before := git(t, root, "show-ref")
			text, err := release(t, root)
			require.Error(t, err)
			require.Equal(t, "tools/release: "+c.want+"\n", text)
			require.Equal(t, before, git(t, root, "show-ref"))
		})
	}
}

const modulePath = "github.com/order-patterns/order-patterns"

// checkout creates a repository on branch main with the files of this one, and a heading for the release. Its make only records its
// arguments.
func checkout(t *testing.T) string {
	t.Helper()
	source, err := filepath.Abs("../..")
	require.NoError(t, err)
	files, _ := tree(t, source)
	dir := t.TempDir()
	root, bin := filepath.Join(dir, "checkout"), filepath.Join(dir, "bin")
	for _, name := range files {
		info, err := os.Stat(filepath.Join(source, name))
		if os.IsNotExist(err) { // deleted, and not committed
			continue
		}
		require.NoError(t, err)
		text, err := os.ReadFile(filepath.Join(source, name))
		require.NoError(t, err)
		if name == "CHANGELOG.md" {
			text = append(text, "\n## [0.99.0] - 2027-01-01\n"...)
		}
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(root, name), text, info.Mode().Perm()))
	}
	require.NoError(t, os.Mkdir(bin, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(bin, "make"), []byte("#!/bin/sh\necho \"$@\" >> ../made\n"), 0o700))
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	for name, value := range map[string]string{
		"GIT_CONFIG_GLOBAL": os.DevNull, "GIT_CONFIG_SYSTEM": os.DevNull,
		"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.com", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.com",
	} {
		t.Setenv(name, value)
	}
	git(t, root, "init", "--quiet", "--initial-branch", "main")
	git(t, root, "add", "--all")
	git(t, root, "commit", "--quiet", "--message", "all")
	return root
}

func release(t *testing.T, root string) (string, error) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), filepath.Join(root, "tools/release"), released).CombinedOutput()
	return string(out), err
}

func git(t *testing.T, root string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "git", append([]string{"-C", root}, args...)...).CombinedOutput()
	require.NoError(t, err, string(out))
	return string(out)
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	return string(text)
}
