package components

import (
	"archive/zip"
	"bytes"
	"cmp"
	"debug/elf"
	"debug/macho"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
)

// Architectures of Lambda functions. arm64 costs a fifth less per GB-second:
// https://aws.amazon.com/lambda/pricing/
const (
	ARM64 = "arm64"
	X8664 = "x86_64"
)

// packages says where the zips of a pattern's functions are, and for which processor they were built.
type packages struct{ folder, architecture string }

// path is the zip of a function. It is absolute, because the engine and its providers read it too, from wherever they
// were started. Pulumi compares archives by their content, so two checkouts agree.
func (p packages) path(function string) (string, error) {
	return filepath.Abs(filepath.Join(p.folder, function+".zip"))
}

// findPackages resolves the arguments Packages and Architecture at a path. It reports the zips that are missing, that
// Lambda would refuse to start, or that were built for another processor.
func findPackages(v *validator, at, folder, architecture string, functions ...string) packages {
	if architecture != "" {
		if err := oneOf(ARM64, X8664)(architecture); err != nil {
			v.addf(at+"Architecture", "%v", err)
			architecture = "" // the packages are inspected as if it were not set
		}
	}
	pkgs := packages{
		folder:       cmp.Or(folder, filepath.Join("build", cmp.Or(architecture, ARM64))),
		architecture: architecture,
	}
	for _, function := range functions {
		path, err := pkgs.path(function)
		if err != nil {
			v.addf(at+"Packages", "%v", err)
			continue
		}
		built, err := inspectPackage(path)
		switch {
		case err != nil:
			v.addf(at+"Packages", "%v", err)
		case pkgs.architecture == "":
			pkgs.architecture = built
		case pkgs.architecture != built:
			v.addf(at+"Packages", "%s was built for %s, not for %s", path, built, pkgs.architecture)
		}
	}
	return pkgs
}

// inspectPackage returns the architecture that a zip was built for. The zip must have an executable file named bootstrap
// at its root, which the runtime provided.al2023 starts: https://docs.aws.amazon.com/lambda/latest/dg/golang-package.html
func inspectPackage(path string) (architecture string, err error) {
	z, err := zip.OpenReader(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("no package at %s: run `make build`", path)
	}
	if err != nil {
		return "", fmt.Errorf("package %s cannot be read: %w: run `make build`", path, err)
	}
	defer z.Close()
	for _, f := range z.File {
		if f.Name != "bootstrap" {
			continue
		}
		if f.Mode()&0o111 == 0 {
			return "", fmt.Errorf("bootstrap in %s is not executable: run `make build`", path)
		}
		if architecture, err = executableArchitecture(f); err != nil {
			return "", fmt.Errorf("bootstrap in %s: %w", path, err)
		}
		return architecture, nil
	}
	return "", fmt.Errorf("package %s has no file named bootstrap: run `make build`", path)
}

// executableArchitecture reads the processor from the first bytes of an executable of Linux or, for functions that the
// embedded cloud runs on a Mac, of macOS.
func executableArchitecture(f *zip.File) (string, error) {
	r, err := f.Open()
	if err != nil {
		return "", err
	}
	defer r.Close()
	head := make([]byte, 20)
	if _, err := io.ReadFull(r, head); err != nil {
		return "", fmt.Errorf("reading its header: %w", err)
	}
	elfMachine := elf.Machine(binary.LittleEndian.Uint16(head[18:]))
	machCPU := macho.Cpu(binary.LittleEndian.Uint32(head[4:]))
	isELF := bytes.HasPrefix(head, []byte(elf.ELFMAG))
	isMach := binary.LittleEndian.Uint32(head) == macho.Magic64
	switch {
	case isELF && elfMachine == elf.EM_AARCH64, isMach && machCPU == macho.CpuArm64:
		return ARM64, nil
	case isELF && elfMachine == elf.EM_X86_64, isMach && machCPU == macho.CpuAmd64:
		return X8664, nil
	}
	return "", errors.New("is no executable for arm64 or x86_64")
}
