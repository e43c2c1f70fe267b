package logs

import (
	"sync"
	"time"

	"github.com/jonboulle/clockwork"
)

// maxBatch is how many items a Buffer collects at most before it writes them.
const maxBatch = 1000

// Buffer collects what a service logs, and writes it in batches, in order: some time after the first item of a batch, or
// when the batch is full.
type Buffer[T any] struct {
	clock clockwork.Clock
	delay time.Duration
	write func([]T)

	writing sync.Mutex // held while a batch is written
	mu      sync.Mutex
	items   []T
	timer   clockwork.Timer
	closed  bool
}

// NewBuffer returns an empty buffer. write is called with one batch at a time, which is not empty.
func NewBuffer[T any](clock clockwork.Clock, delay time.Duration, write func([]T)) *Buffer[T] {
	return &Buffer[T]{clock: clock, delay: delay, write: write}
}

// Add adds an item to the current batch.
func (b *Buffer[T]) Add(item T) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return
	}
	b.items = append(b.items, item)
	switch len(b.items) {
	case 1:
		b.timer = b.clock.AfterFunc(b.delay, b.Flush)
	case maxBatch:
		go b.Flush()
	}
}

// Flush writes the current batch now.
func (b *Buffer[T]) Flush() {
	b.writing.Lock()
	defer b.writing.Unlock()
	b.mu.Lock()
	items := b.items
	b.items = nil
	if b.timer != nil {
		b.timer.Stop()
	}
	b.mu.Unlock()
	if len(items) > 0 {
		b.write(items)
	}
}

// Close writes the current batch. Later items are ignored.
func (b *Buffer[T]) Close() {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	b.Flush()
}
