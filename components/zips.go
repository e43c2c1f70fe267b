package components

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// extract writes a zip to the user's cache folder, where the engine and its providers can read it, and returns its path. The path contains
// the digest of the content. So a zip is written once, and versions do not conflict.
func extract(zips fs.FS, name string) (string, error) {
	content, err := fs.ReadFile(zips, name)
	if err != nil {
		return "", fmt.Errorf("no package %s in the zips: %w", name, err)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir() // there is no home folder
	}
	sum := sha256.Sum256(content)
	path := filepath.Join(cache, "order-patterns", hex.EncodeToString(sum[:]), name)
	if info, err := os.Stat(path); err == nil && info.Size() == int64(len(content)) {
		return path, nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return "", fmt.Errorf("extracting %s: %w", name, err)
	}
	// Another process may extract the same zip. Only a complete file gets the final name.
	part, err := os.CreateTemp(filepath.Dir(path), name+".*")
	if err != nil {
		return "", fmt.Errorf("extracting %s: %w", name, err)
	}
	defer os.Remove(part.Name())
	_, err = part.Write(content)
	if err := errors.Join(err, part.Close(), os.Chmod(part.Name(), 0o644)); err != nil {
		return "", fmt.Errorf("extracting %s: %w", name, err)
	}
	return path, os.Rename(part.Name(), path)
}
