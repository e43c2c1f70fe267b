// Package permanent marks errors that a retry cannot avoid, such as the error of a malformed message.
package permanent

import "errors"

type permanent struct{ error }

func (p permanent) Unwrap() error { return p.error }

// Error marks an error as permanent. It returns nil for nil.
func Error(err error) error {
	if err == nil {
		return nil
	}
	return permanent{err}
}

// Is reports whether err, or an error that it wraps, is marked.
func Is(err error) bool {
	var p permanent
	return errors.As(err, &p)
}
