// Package moduleproxy serves the modules of this repository to the go command as if they were released. It is for tests of programs outside
// the repository.
package moduleproxy

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	modzip "golang.org/x/mod/zip"
)

// Version is the version of all modules.
const Version = "v0.1.0"

// Serve makes the modules of the repository in a folder available to the go command, with their current content, until the test ends. Other
// modules come from the module cache or the proxy.
func Serve(t *testing.T, root string) {
	t.Helper()
	proxy := write(t, root)
	downloaded := filepath.Join(goEnv(t, "GOMODCACHE"), "cache", "download")
	t.Setenv("GOPROXY", "file://"+proxy+",file://"+downloaded+","+goEnv(t, "GOPROXY"))
	t.Setenv("GOMODCACHE", t.TempDir())
	t.Setenv("GOSUMDB", "off")
	t.Cleanup(func() { require.NoError(t, exec.Command("go", "clean", "-modcache").Run()) }) // the cache is read-only
}

func goEnv(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "env", name).Output()
	require.NoError(t, err)
	return strings.TrimSpace(string(out))
}

// write creates a folder with the modules of a repository in their current state, in the layout of https://go.dev/ref/mod#goproxy-protocol
func write(t *testing.T, root string) string {
	t.Helper()
	proxy := t.TempDir()
	files, modules := tree(t, root)
	for folder, path := range modules {
		var content []modzip.File
		for _, name := range files {
			if owner(name, modules) == folder {
				content = append(content, file{root, name, strings.TrimPrefix(name, folder)})
			}
		}
		goMod := releasedMod(t, filepath.Join(root, folder, "go.mod"), modules, Version)
		for i, f := range content {
			if f.Path() == "go.mod" {
				content[i] = rewritten{f, goMod}
			}
		}
		at := filepath.Join(proxy, path, "@v")
		require.NoError(t, os.MkdirAll(at, 0o755))
		z, err := os.Create(filepath.Join(at, Version+".zip"))
		require.NoError(t, err)
		require.NoError(t, modzip.Create(z, module.Version{Path: path, Version: Version}, content))
		require.NoError(t, z.Close())
		require.NoError(t, os.WriteFile(filepath.Join(at, "list"), []byte(Version+"\n"), 0o600))
		require.NoError(t, os.WriteFile(filepath.Join(at, Version+".mod"), goMod, 0o600))
		require.NoError(t, os.WriteFile(filepath.Join(at, Version+".info"), fmt.Appendf(nil, `{"Version":%q,"Time":"2026-01-01T00:00:00Z"}`, Version), 0o600))
	}
	return proxy
}

// tree returns the files of a repository, and the paths of its modules by folder.
func tree(t *testing.T, root string) (files []string, modules map[string]string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "git", "-C", root, "ls-files", "--cached", "--others", "--exclude-standard").Output()
	require.NoError(t, err)
	files, modules = strings.Fields(string(out)), map[string]string{}
	for _, name := range files {
		if folder, base := filepath.Split(name); base == "go.mod" && !private(folder) {
			text, err := os.ReadFile(filepath.Join(root, name))
			require.NoError(t, err)
			modules[folder] = modfile.ModulePath(text)
		}
	}
	return files, modules
}

// releasedMod returns a go.mod as tools/release writes it: it requires the other modules of the repository in the same version.
func releasedMod(t *testing.T, path string, modules map[string]string, version string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	f, err := modfile.Parse(path, text, nil)
	require.NoError(t, err)
	for _, other := range modules {
		for _, r := range f.Require {
			if r.Mod.Path == other {
				require.NoError(t, f.AddRequire(other, version))
			}
		}
	}
	text, err = f.Format()
	require.NoError(t, err)
	return text
}

// private reports whether a file is in a module that no released module requires.
func private(name string) bool {
	return strings.HasPrefix(name, "tools/") || strings.HasPrefix(name, "templates/")
}

// owner returns the folder of the module that contains a file.
func owner(name string, modules map[string]string) (folder string) {
	if private(name) {
		return "none"
	}
	for f := range modules {
		if strings.HasPrefix(name, f) && len(f) > len(folder) {
			folder = f
		}
	}
	return folder
}

// file is a file of a module.
type file struct{ root, name, path string }

func (f file) Path() string                 { return f.path }
func (f file) Lstat() (os.FileInfo, error)  { return os.Lstat(filepath.Join(f.root, f.name)) }
func (f file) Open() (io.ReadCloser, error) { return os.Open(filepath.Join(f.root, f.name)) }

// rewritten is a file with changed content.
type rewritten struct {
	modzip.File
	text []byte
}

func (f rewritten) Open() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(f.text)), nil }

func (f rewritten) Lstat() (os.FileInfo, error) {
	info, err := f.File.Lstat()
	return sized{info, int64(len(f.text))}, err
}

type sized struct {
	os.FileInfo
	size int64
}

func (s sized) Size() int64 { return s.size }
