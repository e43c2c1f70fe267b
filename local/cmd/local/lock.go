package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// errLocked reports that another process holds the lock.
var errLocked = errors.New("locked by another process")

// tryLock takes the lock of a file in the home folder. The lock ends with release, or with the process.
func (e *environment) tryLock(name string) (release func(), err error) {
	if err := os.MkdirAll(e.home, 0o755); err != nil {
		return nil, fmt.Errorf("making %s: %w", e.home, err)
	}
	f, err := os.OpenFile(filepath.Join(e.home, name), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errLocked
		}
		return nil, fmt.Errorf("locking %s: %w", f.Name(), err)
	}
	return func() { f.Close() }, nil
}

// alone runs f while no other up, preview or down uses this home. It waits for the other one to end.
func (e *environment) alone(ctx context.Context, f func() error) error {
	said := false
	for {
		release, err := e.tryLock("stack.lock")
		switch {
		case err == nil:
			defer release()
			return f()
		case !errors.Is(err, errLocked):
			return err
		case !said:
			said = true
			fmt.Fprintf(e.stderr, "Another up, preview or down uses %s: waiting for it to end\n", e.home)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}
