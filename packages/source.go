package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

const (
	modulePath = "github.com/order-patterns/order-patterns"
	handlers   = modulePath + "/handlers"
)

// target is the platform of an executable: GOOS and GOARCH.
type target struct{ os, arch string }

func targets() map[string]target {
	return map[string]target{"arm64": {"linux", "arm64"}, "x86_64": {"linux", "amd64"}, "local": {runtime.GOOS, runtime.GOARCH}}
}

// source is where functions are built from.
type source struct {
	folder   string   // of a module that contains or requires them; empty for the working directory
	packages []string // patterns of the go command
	remove   func()
}

// find finds the functions. Paths are functions of the working directory. Names are functions of the version of this module that the
// working directory's module requires. Without names it finds all of these.
func find(ctx context.Context, names []string) (source, error) {
	own, ours := source{remove: func() {}}, []string{}
	for _, name := range names {
		switch {
		case strings.HasPrefix(name, "./"):
			own.packages = append(own.packages, name)
		case strings.Trim(name, "abcdefghijklmnopqrstuvwxyz-") == "" && strings.Trim(name, "-") != "":
			ours = append(ours, handlers+"/functions/"+name)
		default:
			return source{}, fmt.Errorf("function %q: a name such as store-order is expected, or a path such as ./functions/resize", name)
		}
	}
	switch {
	case len(own.packages) > 0 && len(ours) > 0:
		return source{}, errors.New("name functions of this module, or functions of " + modulePath + ", not both")
	case len(own.packages) > 0:
		return own, nil
	case len(ours) == 0:
		ours = []string{handlers + "/functions/..."}
	}
	s, err := required(ctx)
	s.packages = ours
	return s, err
}

// required returns the version of this module that the working directory's module requires.
func required(ctx context.Context) (source, error) {
	text, err := goCommand(ctx, "", nil, "list", "-m", "-json", modulePath)
	if err != nil {
		return source{}, fmt.Errorf("finding the version of %s: the working directory must be in a module that requires it: %w", modulePath, err)
	}
	var found struct {
		Version, Dir string
		Replace      *struct{ Version string }
	}
	if err := json.Unmarshal(text, &found); err != nil {
		return source{}, fmt.Errorf("reading the output of go list: %w", err)
	}
	if found.Replace != nil {
		found.Version = found.Replace.Version
	}
	if found.Version == "" { // this repository, or a checkout of it
		return source{folder: filepath.Join(found.Dir, "handlers"), remove: func() {}}, nil
	}
	return released(ctx, found.Version)
}

// released creates a module that requires the functions of a version.
func released(ctx context.Context, version string) (source, error) {
	folder, err := os.MkdirTemp("", "packages-")
	if err != nil {
		return source{}, fmt.Errorf("making a temporary folder: %w", err)
	}
	s := source{folder: folder, remove: func() { _ = os.RemoveAll(folder) }}
	text := fmt.Sprintf("module packages\n\ngo 1.26.0\n\nrequire %s %s\n", handlers, version)
	if err := os.WriteFile(filepath.Join(folder, "go.mod"), []byte(text), 0o600); err != nil {
		s.remove()
		return source{}, fmt.Errorf("writing a go.mod: %w", err)
	}
	if _, err := goCommand(ctx, folder, nil, "get", handlers+"/functions/...@"+version); err != nil {
		s.remove()
		return source{}, fmt.Errorf("downloading the functions of %s: %w", version, err)
	}
	return s, nil
}

// build builds the functions into a folder.
func (s source) build(ctx context.Context, t target, folder string, log io.Writer) error {
	args := []string{"build", "-mod=readonly", "-buildvcs=false", "-trimpath", "-tags", "lambda.norpc", "-ldflags", "-s -w", "-o", folder + string(filepath.Separator)}
	args = append(args, s.packages...)
	fmt.Fprintln(log, "packages: building the functions; the first time this takes a minute")
	if _, err := goCommand(ctx, s.folder, []string{"GOOS=" + t.os, "GOARCH=" + t.arch, "CGO_ENABLED=0"}, args...); err != nil {
		return fmt.Errorf("building the functions: %w", err)
	}
	return nil
}

// goCommand runs the go command without a workspace, and returns its output.
func goCommand(ctx context.Context, folder string, env []string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), env...)
	if folder != "" {
		cmd.Env = append(cmd.Env, "GOWORK=off", "GOFLAGS=") // GOFLAGS of the working directory may not suit this module
	}
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go %s: %w: %s", args[0], err, bytes.TrimSpace(errs.Bytes()))
	}
	return out, nil
}
