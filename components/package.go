package components

import (
	"archive/zip"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
)

// Architectures of Lambda functions. arm64 costs a fifth less per GB-second:
// https://aws.amazon.com/lambda/pricing/
const (
	ARM64 = "arm64"
	X8664 = "x86_64"
)

// packages says where the zips of a pattern's functions are, and for which processors they were built.
type packages struct{ folder, architecture string }

func newPackages(folder, architecture string) packages {
	architecture = or(architecture, ARM64)
	return packages{folder: or(folder, filepath.Join("build", architecture)), architecture: architecture}
}

// path is the zip of a function. It is absolute, because the engine and its providers read it too, from wherever they
// were started. Pulumi compares archives by their content, so two checkouts agree.
func (p packages) path(function string) (string, error) {
	return filepath.Abs(filepath.Join(p.folder, function+".zip"))
}

// validate reports the zips that are missing, or that Lambda would refuse to start.
func (p packages) validate(problems *problems, functions ...string) {
	problems.oneOf("Architecture", p.architecture, ARM64, X8664)
	for _, function := range functions {
		path, err := p.path(function)
		if err == nil {
			err = checkPackage(path)
		}
		if err != nil {
			problems.addf("Packages", "%v", err)
		}
	}
}

// checkPackage wants an executable file named bootstrap at the root of the zip, as the runtime provided.al2023 does:
// https://docs.aws.amazon.com/lambda/latest/dg/golang-package.html
func checkPackage(path string) error {
	z, err := zip.OpenReader(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("no package at %s: run `make build`", path)
	}
	if err != nil {
		return fmt.Errorf("package %s cannot be read: %w: run `make build`", path, err)
	}
	defer z.Close()
	for _, f := range z.File {
		if f.Name != "bootstrap" {
			continue
		}
		if f.Mode()&0o111 == 0 {
			return fmt.Errorf("bootstrap in %s is not executable: run `make build`", path)
		}
		return nil
	}
	return fmt.Errorf("package %s has no file named bootstrap: run `make build`", path)
}
