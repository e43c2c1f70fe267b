package components

import (
	"errors"
	"fmt"
)

// problems gathers what is wrong with a component's arguments, so that a person sees all of it at once.
type problems struct{ list []error }

func (p *problems) addf(path, format string, args ...any) {
	p.list = append(p.list, fmt.Errorf("%s: %s", path, fmt.Sprintf(format, args...)))
}

// between reports a number outside lo..hi. Zero stands for the default, and is accepted.
func (p *problems) between(path string, v, lo, hi int) {
	if v != 0 && (v < lo || v > hi) {
		p.addf(path, "must be from %d to %d, got %d", lo, hi, v)
	}
}

// err joins what was gathered under the name of the component; nil if nothing was.
func (p *problems) err(typ, name string) error {
	if len(p.list) == 0 {
		return nil
	}
	return fmt.Errorf("%s %q: %w", typ, name, errors.Join(p.list...))
}

// or returns v, or what stands for it when it is zero.
func or[T comparable](v, standard T) T {
	var zero T
	if v == zero {
		return standard
	}
	return v
}
