package workflows

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// The status of tools/drift says whether there is drift, which Pulumi's does not.
func TestTheStatusOfDrift(t *testing.T) {
	for name, c := range map[string]struct {
		pulumi string // what stands in for pulumi
		status int
	}{
		"nothing was changed": {`exit 0`, 0},
		"changed":             {`case "$*" in *--expect-no-changes*) exit 255 ;; esac`, 3},
		"not readable":        {`exit 255`, 1},
		"state is written to": {`case "$*" in *--preview-only*) exit 0 ;; esac; exit 255`, 0},
		"another stack":       {`case "$*" in *"--stack dev "*) exit 0 ;; esac; exit 255`, 0},
	} {
		t.Run(name, func(t *testing.T) {
			bin := t.TempDir()
			if err := os.WriteFile(filepath.Join(bin, "pulumi"), []byte("#!/bin/sh\n"+c.pulumi+"\n"), 0o700); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(filepath.Join(root, "tools/drift"), "dev")
			cmd.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
			out, _ := cmd.CombinedOutput()
			if got := cmd.ProcessState.ExitCode(); got != c.status {
				t.Errorf("status %d, expected %d: %s", got, c.status, out)
			}
		})
	}
}
