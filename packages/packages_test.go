package main

import (
	"archive/zip"
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

const version = "v0.1.0"

// A program elsewhere gets the functions of the version that it requires, or of the checkout that it replaces it with.
func TestAProgramWithoutACheckoutGetsTheFunctions(t *testing.T) {
	root, err := filepath.Abs("..")
	require.NoError(t, err)
	proxy := moduleProxy(t, root)
	// Other modules come from where they were downloaded to before.
	downloaded := filepath.Join(goEnv(t, "GOMODCACHE"), "cache", "download")
	t.Setenv("GOPROXY", "file://"+proxy+",file://"+downloaded+","+goEnv(t, "GOPROXY"))
	t.Setenv("GOMODCACHE", t.TempDir())
	t.Setenv("GOSUMDB", "off")
	t.Cleanup(func() { require.NoError(t, exec.Command("go", "clean", "-modcache").Run()) }) // which is read-only

	zips := map[string][]byte{}
	for name, replace := range map[string]string{"released": "", "checkout": fmt.Sprintf("replace %s => %s\n", modulePath, root)} {
		program := t.TempDir()
		text := fmt.Sprintf("module program\n\ngo 1.26.0\n\nrequire %s %s\n%s", modulePath, version, replace)
		require.NoError(t, os.WriteFile(filepath.Join(program, "go.mod"), []byte(text), 0o600))
		t.Chdir(program)
		var log bytes.Buffer
		require.NoError(t, run(t.Context(), []string{"-o", "lambda", "-arch", "local", "store-order"}, &log), log.String())
		require.Contains(t, log.String(), "1 zips in lambda, 1 of them changed")
		zips[name], err = os.ReadFile(filepath.Join(program, "lambda", "store-order.zip"))
		require.NoError(t, err)

		log.Reset()
		require.NoError(t, run(t.Context(), []string{"-o", "lambda", "-arch", "local", "store-order"}, &log))
		require.Contains(t, log.String(), "0 of them changed")
	}
	for name, content := range zips {
		z, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
		require.NoError(t, err, name)
		require.Len(t, z.File, 1)
		require.Equal(t, "bootstrap", z.File[0].Name)
		require.Equal(t, os.FileMode(0o755), z.File[0].Mode())
	}
}

func TestBadArgumentsAreRefused(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "-o: a folder for the zips is required"},
		{[]string{"-o", "x", "-arch", "mips"}, `-arch "mips": must be arm64, x86_64 or local`},
		{[]string{"-o", "x", "../x"}, `function "../x": a name such as store-order is expected`},
		{[]string{"-o", t.TempDir(), "no-such-function"}, "building the functions: "},
	} {
		require.ErrorContains(t, run(t.Context(), c.args, &bytes.Buffer{}), c.want)
	}
	t.Chdir(t.TempDir())
	require.ErrorContains(t, run(t.Context(), []string{"-o", "x"}, &bytes.Buffer{}), "the working directory must be in a module that requires it")
}

func goEnv(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "env", name).Output()
	require.NoError(t, err)
	return strings.TrimSpace(string(out))
}

// moduleProxy is a folder that serves the modules of this repository as they are here, in one version, by the protocol of
// https://go.dev/ref/mod#goproxy-protocol
func moduleProxy(t *testing.T, root string) string {
	t.Helper()
	proxy := t.TempDir()
	out, err := exec.CommandContext(t.Context(), "git", "-C", root, "ls-files", "--cached", "--others", "--exclude-standard").Output()
	require.NoError(t, err)
	files := strings.Fields(string(out))
	modules := map[string]string{} // paths by folder
	for _, name := range files {
		if folder, base := filepath.Split(name); base == "go.mod" && !strings.HasPrefix(folder, "tools/") {
			text, err := os.ReadFile(filepath.Join(root, name))
			require.NoError(t, err)
			modules[folder] = modfile.ModulePath(text)
		}
	}
	for folder, path := range modules {
		var content []modzip.File
		for _, name := range files {
			if owner(name, modules) == folder {
				content = append(content, file{root, name, strings.TrimPrefix(name, folder)})
			}
		}
		goMod := releasedMod(t, filepath.Join(root, folder, "go.mod"), modules)
		for i, f := range content {
			if f.Path() == "go.mod" {
				content[i] = rewritten{f, goMod}
			}
		}
		at := filepath.Join(proxy, path, "@v")
		require.NoError(t, os.MkdirAll(at, 0o755))
		z, err := os.Create(filepath.Join(at, version+".zip"))
		require.NoError(t, err)
		require.NoError(t, modzip.Create(z, module.Version{Path: path, Version: version}, content))
		require.NoError(t, z.Close())
		require.NoError(t, os.WriteFile(filepath.Join(at, version+".mod"), goMod, 0o600))
		require.NoError(t, os.WriteFile(filepath.Join(at, version+".info"), fmt.Appendf(nil, `{"Version":%q,"Time":"2026-01-01T00:00:00Z"}`, version), 0o600))
	}
	return proxy
}

// releasedMod is a go.mod as `tools/release` leaves it: it requires the other modules of the repository in the same version.
func releasedMod(t *testing.T, path string, modules map[string]string) []byte {
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

// owner is the folder of the module that a file belongs to.
func owner(name string, modules map[string]string) (folder string) {
	if strings.HasPrefix(name, "tools/") {
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

// rewritten is a file with another text.
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
