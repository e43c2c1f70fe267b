// Package checkout makes a folder with the files of a commit, and builds what a deployment needs in a folder.
package checkout

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Commit is a commit of a repository.
type Commit struct {
	// Name is what was asked for: a branch, a tag, or a digest.
	Name string
	// Digest is the abbreviated digest of the commit.
	Digest string
}

// String is the name and the digest, or the digest alone if the name is a longer one.
func (c Commit) String() string {
	if strings.HasPrefix(c.Name, c.Digest) {
		return c.Digest
	}
	return c.Name + " (" + c.Digest + ")"
}

// Find returns the commit that head and base have in common, as a pull request is compared to it:
// https://docs.github.com/en/pull-requests/collaborating-with-pull-requests/proposing-changes-to-your-work-with-pull-requests/about-comparing-branches-in-pull-requests
// What was merged into base since then is no part of the change.
func Find(ctx context.Context, project, base string) (Commit, error) {
	if strings.HasPrefix(base, "-") {
		return Commit{}, fmt.Errorf("--base %q: a branch, a tag or a digest is expected", base)
	}
	if _, err := git(ctx, project, "rev-parse", "--verify", "--quiet", base+"^{commit}"); err != nil {
		return Commit{}, fmt.Errorf("--base %q: there is no such commit in %s", base, project)
	}
	common, err := git(ctx, project, "merge-base", base, "HEAD")
	if err != nil {
		return Commit{}, fmt.Errorf("--base %q has no commit in common with HEAD (a shallow clone has too few commits): %w", base, err)
	}
	digest, err := git(ctx, project, "rev-parse", "--short", common)
	if err != nil {
		return Commit{}, err
	}
	return Commit{Name: base, Digest: digest}, nil
}

// Head describes the working tree: the digest of its commit, and whether files differ from it.
func Head(ctx context.Context, project string) (string, error) {
	digest, err := git(ctx, project, "rev-parse", "--short", "HEAD")
	if err != nil {
		return "", err
	}
	changed, err := git(ctx, project, "status", "--porcelain")
	if err != nil {
		return "", err
	}
	if changed != "" {
		digest += " with uncommitted changes"
	}
	return digest, nil
}

// Add checks a commit out into a new folder. remove deletes the folder, and git's record of it.
// https://git-scm.com/docs/git-worktree
func Add(ctx context.Context, project string, c Commit, folder string) (remove func() error, err error) {
	if _, err := git(ctx, project, "worktree", "add", "--quiet", "--detach", folder, c.Digest); err != nil {
		return nil, fmt.Errorf("checking out %s: %w", c.Digest, err)
	}
	remove = func() error {
		// The context may have ended. The folder is to be removed all the same.
		_, err := git(context.Background(), project, "worktree", "remove", "--force", folder)
		return err
	}
	// The tools that make builds, the Pulumi CLI among them, are those of the project.
	if err := os.Symlink(filepath.Join(project, ".tools"), filepath.Join(folder, ".tools")); err != nil {
		return nil, errors.Join(fmt.Errorf("linking the tools: %w", err), remove())
	}
	return remove, nil
}

// Build builds the zips of the functions and the program in a folder.
func Build(ctx context.Context, folder string, log io.Writer) error {
	cmd := command(ctx, folder, "make", "--no-print-directory", "package-local", "program")
	cmd.Stdout, cmd.Stderr = log, log
	// The settings of a make that runs this command are not meant for this one.
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return slices.Contains([]string{"MAKEFLAGS", "MFLAGS", "MAKEOVERRIDES", "MAKELEVEL"}, name)
	})
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("make package-local program: %w", errors.Join(ctx.Err(), err))
	}
	return nil
}

func git(ctx context.Context, folder string, args ...string) (string, error) {
	cmd := command(ctx, folder, "git", args...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("git %s: %w: %s", args[0], errors.Join(ctx.Err(), err), strings.TrimSpace(errs.String()))
	}
	return strings.TrimSpace(string(out)), nil
}

// command is ended, with the processes that it started, when the context ends.
func command(ctx context.Context, folder, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = folder
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second
	return cmd
}
