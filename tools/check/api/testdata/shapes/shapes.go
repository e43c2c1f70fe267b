// Package shapes has one of each kind of exported identifier.
package shapes

import (
	"context"
	"io"
)

const (
	Small Size = iota + 1
	Large
	hidden = "hidden"
)

const Word = "word"

type Size int

func (s Size) String() string { return hidden }

type Alias = Size

var Default Size

type base struct {
	Inherited int
	secret    int
}

func (b *base) Reset() {}

type Args struct {
	base
	io.Reader
	Name  string `pulumi:"name,optional"`
	Sizes map[string]Size
	small bool
}

type Store interface {
	Get(context.Context, string) (Size, error)
	private()
}

type Pair[K comparable, V any] struct{ Key K }

func (p *Pair[K, V]) Swap(other V) (K, error) { return p.Key, nil }

func Map[T any](ctx context.Context, items []T, each func(T) error, more ...string) ([]T, error) {
	return nil, nil
}
