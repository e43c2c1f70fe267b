package lambda

import (
	"archive/zip"
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
	foreign := bytes.Clone(program)
	if runtime.GOOS == "linux" {
		foreign[0x12], foreign[0x13] = 0xB7, 0 // e_machine: EM_AARCH64
		if runtime.GOARCH == "arm64" {
			foreign[0x12] = 0x3E
		}
	}
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
		{"not executable", zipOf(t, map[string][]byte{"bootstrap": program}, 0o644), "not executable: its mode in the zip is -rw-r--r--"},
		{"another architecture", zipOf(t, map[string][]byte{"bootstrap": foreign}, 0o755), "build it for " + runtime.GOOS + "/" + runtime.GOARCH},
		{"a folder", folder, "not executable: its mode in the zip is -rw-rw-rw-"}, // Pulumi makes the zip
		{"no program", zipOf(t, map[string][]byte{"bootstrap": []byte("text")}, 0o755), "is not a program"},
		{"outside of the root", zipOf(t, map[string][]byte{"bootstrap": program, "../evil": nil}, 0o755), `outside of its root: "../evil"`},
		{"too large as a zip", zipOf(t, map[string][]byte{"bootstrap": program, "big": make([]byte, maxZip)}, 0o755), "52428800 at most"},
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
	require.NoError(t, b.unpack(dir))
	data, err := os.ReadFile(filepath.Join(dir, "data", "a.txt"))
	require.NoError(t, err)
	require.Equal(t, "a", string(data))
	info, err := os.Stat(filepath.Join(dir, "bootstrap"))
	require.NoError(t, err)
	require.NotZero(t, info.Mode()&0o111)
}

func TestUnzippedSizeIsLimited(t *testing.T) {
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	_, err := z.CreateRaw(&zip.FileHeader{Name: "zeros", UncompressedSize64: maxUnzipped + 1})
	require.NoError(t, err)
	require.NoError(t, z.Close())
	path := filepath.Join(t.TempDir(), "code.zip")
	require.NoError(t, os.WriteFile(path, buf.Bytes(), 0o600))
	_, err = openArchive(&archive.Archive{Sig: archive.ArchiveSig, Path: path})
	require.ErrorContains(t, err, "unzipped size must be smaller than 262144000 bytes")
}
