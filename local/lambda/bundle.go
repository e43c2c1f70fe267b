package lambda

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"runtime"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/archive"

	"github.com/order-patterns/order-patterns/local/provider"
)

// hostArchitecture is Lambda's name of this machine's architecture.
func hostArchitecture() string {
	return map[string]string{"amd64": "x86_64", "arm64": "arm64"}[runtime.GOARCH]
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
	data, err := a.Bytes(archive.ZIPArchive)
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", err)
	}
	return openBundle(data)
}

// openBundle reads a zip and refuses one that could not run. AWS refuses it only when the function is invoked, with
// Runtime.InvalidEntrypoint.
func openBundle(data []byte) (*bundle, error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, fmt.Errorf("could not be unzipped: %w", err)
	}
	program, err := fs.ReadFile(z, "bootstrap")
	if err != nil {
		return nil, fmt.Errorf("has no file named bootstrap at its root, which the runtime starts: %w", err)
	}
	if info, err := fs.Stat(z, "bootstrap"); err != nil || info.Mode()&0o111 == 0 {
		return nil, errors.New("has a bootstrap that is not executable")
	}
	if err := checkProgram(program); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(data)
	return &bundle{zip: z, size: len(data), sha256: base64.StdEncoding.EncodeToString(sum[:])}, nil
}

// checkProgram refuses a Go program for another kind of machine, because functions run as native processes.
func checkProgram(program []byte) error {
	info, err := buildinfo.Read(bytes.NewReader(program))
	if err != nil {
		return nil // a script, or a program in another language
	}
	built := map[string]string{}
	for _, s := range info.Settings {
		built[s.Key] = s.Value
	}
	if host, is := runtime.GOOS+"/"+runtime.GOARCH, built["GOOS"]+"/"+built["GOARCH"]; is != host {
		return fmt.Errorf("has a bootstrap that is %s: the embedded cloud runs functions as native processes of this machine, so build it for %s", is, host)
	}
	return nil
}
