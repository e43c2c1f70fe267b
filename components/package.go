package components

import (
	"archive/zip"
	"bytes"
	"debug/elf"
	"debug/macho"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
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

// findPackages settles the folder and the architecture, and reports the zips that are missing, that Lambda would
// refuse to start, or that were built for another processor.
func findPackages(p *problems, folder, architecture string, functions ...string) packages {
	if accepted := []string{ARM64, X8664}; architecture != "" && !slices.Contains(accepted, architecture) {
		p.addf("Architecture", "must be one of %q, got %q", accepted, architecture)
		architecture = "" // the packages are looked at as if it were not set
	}
	pkgs := packages{folder: or(folder, filepath.Join("build", or(architecture, ARM64))), architecture: architecture}
	for _, function := range functions {
		path, err := pkgs.path(function)
		if err != nil {
			p.addf("Packages", "%v", err)
			continue
		}
		built, err := inspectPackage(path)
		switch {
		case err != nil:
			p.addf("Packages", "%v", err)
		case pkgs.architecture == "":
			pkgs.architecture = built
		case pkgs.architecture != built:
			p.addf("Packages", "%s was built for %s, not for %s", path, built, pkgs.architecture)
		}
	}
	return pkgs
}

// inspectPackage returns the architecture that a zip was built for. It wants an executable file named bootstrap at the
// root, as the runtime provided.al2023 does: https://docs.aws.amazon.com/lambda/latest/dg/golang-package.html
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
