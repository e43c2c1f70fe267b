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
	"slices"
	"sync"
)

// The architectures of Lambda functions. arm64 costs a fifth less per GB-second: https://aws.amazon.com/lambda/pricing/
const (
	ARM64 = "arm64"
	X8664 = "x86_64"
)

// packages says where the zips of a component's functions are, and which architecture they were built for.
type packages struct {
	folder, architecture string
	zips                 fs.FS // used instead of a folder
}

// path returns the absolute path of a function's zip. It must be absolute because the engine and its providers, which also read the zip,
// may run in another folder. Pulumi compares archives by content, so the path does not change a preview.
func (p packages) path(function string) (string, error) {
	if p.zips != nil {
		return extract(p.zips, function+".zip")
	}
	return filepath.Abs(filepath.Join(p.folder, function+".zip"))
}

// findPackages resolves the arguments Packages, Zips and Architecture. It reports zips that are missing, that Lambda could not start, or
// that were built for another architecture.
func findPackages(v *validator, at, folder string, zips fs.FS, architecture string, functions ...string) packages {
	if architecture != "" {
		if err := oneOf(ARM64, X8664)(architecture); err != nil {
			v.addf(at+"Architecture", "%v", err)
			architecture = "" // inspect the packages as if it were not set
		}
	}
	if zips != nil && folder != "" {
		v.addf(at+"Zips", "is accepted only without Packages")
	}
	pkgs := packages{folder: folder, architecture: architecture, zips: zips}
	if zips == nil {
		pkgs.folder = cmp.Or(folder, filepath.Join("build", cmp.Or(architecture, ARM64)))
	}
	type inspected struct {
		path, built string
		err         error
	}
	results := make([]inspected, len(functions))
	var inspecting sync.WaitGroup
	for i, function := range functions {
		inspecting.Go(func() {
			r := &results[i]
			if r.path, r.err = pkgs.path(function); r.err == nil {
				r.built, r.err = inspectPackage(r.path)
			}
		})
	}
	inspecting.Wait()
	for _, r := range results {
		switch {
		case r.err != nil:
			v.addf(at+"Packages", "%v: run `make build`", r.err)
		case pkgs.architecture == "":
			pkgs.architecture = r.built
		case pkgs.architecture != r.built:
			v.addf(at+"Packages", "%s was built for %s, not for %s", r.path, r.built, pkgs.architecture)
		}
	}
	pkgs.architecture = cmp.Or(pkgs.architecture, ARM64) // there is no built-in function
	return pkgs
}

// inspectPackage returns the architecture that a zip was built for. The zip must have an executable file named bootstrap at its root, which
// the runtime provided.al2023 starts: https://docs.aws.amazon.com/lambda/latest/dg/golang-package.html
func inspectPackage(path string) (architecture string, err error) {
	z, err := zip.OpenReader(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("no package at %s", path)
	}
	if err != nil {
		return "", fmt.Errorf("package %s cannot be read: %w", path, err)
	}
	defer z.Close()
	for _, f := range z.File {
		if err := checkFile(f); err != nil {
			return "", fmt.Errorf("package %s is damaged: %s: %w", path, f.Name, err)
		}
	}
	i := slices.IndexFunc(z.File, func(f *zip.File) bool { return f.Name == "bootstrap" })
	if i < 0 {
		return "", fmt.Errorf("package %s has no file named bootstrap", path)
	}
	bootstrap := z.File[i]
	if bootstrap.Mode()&0o111 == 0 {
		return "", fmt.Errorf("bootstrap in %s is not executable", path)
	}
	if architecture, err = executableArchitecture(bootstrap); err != nil {
		return "", fmt.Errorf("bootstrap in %s: %w", path, err)
	}
	return architecture, nil
}

// checkFile reads a file to its end, where the checksum is compared. AWS would refuse a damaged zip only in the middle of a deployment.
func checkFile(f *zip.File) error {
	r, err := f.Open()
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, r)
	return errors.Join(err, r.Close())
}

// errScript is the error for a bootstrap that is a script, which runs on any architecture. No built-in function is one.
var errScript = errors.New("is a script, which is not an executable for arm64 or x86_64")

// executableArchitecture reads the architecture from the first bytes of an executable: of Linux, or of macOS for functions that the
// embedded cloud runs on a Mac.
func executableArchitecture(f *zip.File) (string, error) {
	r, err := f.Open()
	if err != nil {
		return "", err
	}
	defer r.Close()
	head := make([]byte, 20)
	switch n, err := io.ReadFull(r, head); {
	case bytes.HasPrefix(head[:n], []byte("#!")):
		return "", errScript
	case err != nil:
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
	return "", errors.New("is not an executable for arm64 or x86_64")
}
