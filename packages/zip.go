package main

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// zipAll zips each executable in a folder into another folder: store-order becomes store-order.zip, which contains the file bootstrap.
// https://docs.aws.amazon.com/lambda/latest/dg/golang-package.html
func zipAll(executables, out string, log io.Writer) error {
	files, err := os.ReadDir(executables)
	if err != nil {
		return fmt.Errorf("reading what was built: %w", err)
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return fmt.Errorf("making the folder for the zips: %w", err)
	}
	changed := 0
	for _, f := range files {
		name := f.Name()
		content, err := zipped(filepath.Join(executables, name))
		if err != nil {
			return fmt.Errorf("zipping %s: %w", name, err)
		}
		path := filepath.Join(out, strings.TrimSuffix(name, ".exe")+".zip")
		if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, content) {
			continue
		}
		if err := replace(path, content); err != nil {
			return fmt.Errorf("writing %s: %w", path, err)
		}
		changed++
	}
	fmt.Fprintf(log, "packages: %d zips in %s, %d of them changed\n", len(files), out, changed)
	return nil
}

// zipped returns a zip with one executable. The zip has no times, so it depends only on the executable.
func zipped(path string) ([]byte, error) {
	executable, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	header := &zip.FileHeader{Name: "bootstrap", Method: zip.Deflate}
	header.SetMode(0o755)
	w, err := z.CreateHeader(header)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(executable); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// replace writes a file atomically.
func replace(path string, content []byte) error {
	if err := os.WriteFile(path+".new", content, 0o644); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}
