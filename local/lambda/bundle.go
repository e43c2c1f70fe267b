package lambda

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"debug/elf"
	"debug/macho"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/archive"

	"github.com/order-patterns/order-patterns/local/provider"
)

// Limits of a deployment package: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const (
	maxZip      = 50 << 20
	maxUnzipped = 262144000
)

// hostArchitecture is Lambda's name of this machine's architecture.
func hostArchitecture() string {
	if runtime.GOARCH == "arm64" {
		return "arm64"
	}
	return "x86_64"
}

// bundle is a valid deployment package.
type bundle struct {
	zip    *zip.Reader
	size   int
	sha256 string // base64, as AWS shows it
}

// code is the package of a new revision: the function's, if it comes from the same object as before.
func (s *Service) code(f *function, in *FunctionArgs) (*bundle, error) {
	if in.S3Key == nil {
		return openArchive(in.Code)
	}
	if r := f.current.Load(); r != nil && value(r.args.S3Key, "") == *in.S3Key && value(r.args.S3Bucket, "") == *in.S3Bucket {
		return r.bundle, nil
	}
	data, err := s.Objects.Object(*in.S3Bucket, *in.S3Key)
	if err != nil {
		return nil, fmt.Errorf("in S3: %w", err)
	}
	return openBundle(data)
}

func openArchive(a provider.Archive) (*bundle, error) {
	data, err := archiveBytes(a)
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", err)
	}
	return openBundle(data)
}

// openBundle reads a zip and refuses one that could not run. AWS refuses some of them only when the function is invoked,
// with Runtime.InvalidEntrypoint.
func openBundle(data []byte) (*bundle, error) {
	if len(data) > maxZip {
		return nil, fmt.Errorf("is a zip of %d bytes; Lambda takes %d at most", len(data), maxZip)
	}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, fmt.Errorf("could not be unzipped: %w", err)
	}
	var total uint64
	var bootstrap *zip.File
	for _, f := range z.File {
		if !filepath.IsLocal(strings.TrimSuffix(f.Name, "/")) {
			return nil, fmt.Errorf("holds a file outside of its root: %q", f.Name)
		}
		if t := f.Mode().Type(); t != 0 && t != fs.ModeDir {
			return nil, fmt.Errorf("holds %q, which is neither a file nor a directory: the embedded cloud does not support that", f.Name)
		}
		if f.Name == "bootstrap" {
			bootstrap = f
		}
		if total += f.UncompressedSize64; total > maxUnzipped {
			return nil, fmt.Errorf("is too large: the unzipped size must be smaller than %d bytes", maxUnzipped)
		}
	}
	switch {
	case bootstrap == nil:
		return nil, errors.New("has no file named bootstrap at its root, which the runtime starts")
	case bootstrap.Mode()&0o111 == 0:
		return nil, fmt.Errorf("has a bootstrap that is not executable: its mode in the zip is %s", bootstrap.Mode())
	}
	if err := checkExecutable(bootstrap); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(data)
	return &bundle{zip: z, size: len(data), sha256: base64.StdEncoding.EncodeToString(sum[:])}, nil
}

// archiveBytes returns the archive itself if it is a zip, else a zip of its files.
func archiveBytes(a provider.Archive) ([]byte, error) {
	format, source, err := a.ReadSourceArchive()
	if err != nil {
		return nil, err
	}
	if source != nil {
		defer source.Close()
	}
	if format == archive.ZIPArchive {
		return io.ReadAll(io.LimitReader(source, maxZip+1))
	}
	return a.Bytes(archive.ZIPArchive)
}

// checkExecutable refuses a program for another kind of machine, because functions run as native processes.
func checkExecutable(f *zip.File) error {
	r, err := f.Open()
	if err != nil {
		return fmt.Errorf("could not be unzipped: %w", err)
	}
	defer r.Close()
	data := make([]byte, f.UncompressedSize64)
	if _, err := io.ReadFull(r, data); err != nil {
		return fmt.Errorf("could not be unzipped: bootstrap: %w", err)
	}
	if bytes.HasPrefix(data, []byte("#!")) {
		return nil
	}
	is := "not a program"
	if e, err := elf.NewFile(bytes.NewReader(data)); err == nil {
		is = "linux/" + map[elf.Machine]string{elf.EM_X86_64: "amd64", elf.EM_AARCH64: "arm64"}[e.Machine]
	} else if m, err := macho.NewFile(bytes.NewReader(data)); err == nil {
		is = "darwin/" + map[macho.Cpu]string{macho.CpuAmd64: "amd64", macho.CpuArm64: "arm64"}[m.Cpu]
	}
	if host := runtime.GOOS + "/" + runtime.GOARCH; is != host {
		return fmt.Errorf("has a bootstrap that is %s: the embedded cloud runs functions as native processes of this machine, so build it for %s (GOOS=%s GOARCH=%s)",
			is, host, runtime.GOOS, runtime.GOARCH)
	}
	return nil
}

// unpack writes the files below dir, which must not exist.
func (b *bundle) unpack(dir string) error { return os.CopyFS(dir, b.zip) }
