package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// lock takes the lock of a file in the home folder, unless another process has it. A lock ends with its process.
func (e *environment) lock(name string) (lock *flock.Flock, locked bool, err error) {
	if err := os.MkdirAll(e.home, 0o755); err != nil {
		return nil, false, fmt.Errorf("making %s: %w", e.home, err)
	}
	lock = flock.New(filepath.Join(e.home, name), flock.SetPermissions(0o600))
	locked, err = lock.TryLock()
	return lock, locked, err
}

// alone runs f while no other up, preview or down uses this home. It waits for the other one to end.
func (e *environment) alone(ctx context.Context, f func() error) error {
	lock, locked, err := e.lock("stack.lock")
	if err == nil && !locked {
		fmt.Fprintf(e.stderr, "Another up, preview or down uses %s: waiting for it to end\n", e.home)
		_, err = lock.TryLockContext(ctx, 100*time.Millisecond)
	}
	if err != nil {
		return err
	}
	defer lock.Unlock()
	return f()
}
