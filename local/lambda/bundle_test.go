package lambda

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/archive"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/provider"
)

func TestPackagesThatCouldNotRunAreRefused(t *testing.T) {
	other := map[string]string{"amd64": "arm64", "arm64": "amd64"}[runtime.GOARCH]
	foreign := bytes.ReplaceAll(program, []byte("GOARCH="+runtime.GOARCH), []byte("GOARCH="+other))
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "bootstrap"), program, 0o755)) //nolint:gosec // a program
	folder, err := archive.FromPath(dir)
	require.NoError(t, err)
	noZip := filepath.Join(t.TempDir(), "code.zip")
	require.NoError(t, os.WriteFile(noZip, []byte("no zip"), 0o600))
	for _, test := range []struct {
		name string
		code provider.Archive
		want string
	}{
		{"no bootstrap", zipOf(t, map[string][]byte{"main": program}, 0o755), "no file named bootstrap at its root"},
		{"bootstrap not at the root", zipOf(t, map[string][]byte{"bin/bootstrap": program}, 0o755), "no file named bootstrap at its root"},
		{"not executable", zipOf(t, map[string][]byte{"bootstrap": program}, 0o644), "not executable"},
		{"another architecture", zipOf(t, map[string][]byte{"bootstrap": foreign}, 0o755), "build it for " + runtime.GOOS + "/" + runtime.GOARCH},
		{"a folder", folder, "not executable"}, // Pulumi makes the zip
		{"no zip", &archive.Archive{Sig: archive.ArchiveSig, Path: noZip}, "could not be unzipped"},
		{"absent", &archive.Archive{Sig: archive.ArchiveSig, Path: "/absent/code.zip"}, "no such file"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := openArchive(test.code)
			require.ErrorContains(t, err, test.want)
		})
	}
}

func TestPackageIsUnpackedWithItsModes(t *testing.T) {
	b, err := openArchive(zipOf(t, map[string][]byte{"bootstrap": []byte("#!/bin/sh\n"), "data/a.txt": []byte("a")}, 0o755))
	require.NoError(t, err)
	dir := filepath.Join(t.TempDir(), "x")
	require.NoError(t, os.CopyFS(dir, b.zip))
	data, err := os.ReadFile(filepath.Join(dir, "data", "a.txt"))
	require.NoError(t, err)
	require.Equal(t, "a", string(data))
	info, err := os.Stat(filepath.Join(dir, "bootstrap"))
	require.NoError(t, err)
	require.NotZero(t, info.Mode()&0o111)
}
