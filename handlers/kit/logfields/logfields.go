// Package logfields holds the fields of every log line about one piece of work, such as one message of a batch. The log handler of package
// lambdaenv adds them to each line that is logged with the work's context.
//
// The kit uses these names, which the access log of the APIs also uses: requestId (of the Lambda invocation), apiRequestId (of the API's
// request), messageId, sequenceNumber, shardId, partitionKey, receiveCount, deadLetterId, traceId (of the work's trace), pattern, outcome,
// error, and cause, by which errors are counted. A program adds ids of its own in the same style, such as pictureId, with the same spelling in all functions, so that one query
// finds all lines about one thing. A field should hold only ids, and no customers' data.
package logfields

import (
	"context"
	"log/slog"
	"slices"
	"sync"
)

// Scope holds the fields of one piece of work. The owner of a scope sees the fields that were added with its context, also after the work
// failed. The zero value has no fields. A Scope may be used by several goroutines.
type Scope struct {
	mu     sync.Mutex
	fields []slog.Attr
}

type contextKey struct{}

// Context returns a context whose log lines have the fields of this scope, and not those of another scope in ctx.
func (s *Scope) Context(ctx context.Context) context.Context {
	return context.WithValue(ctx, contextKey{}, s)
}

// Add adds fields, given as alternating names and values, or replaces their values. It omits empty values.
func (s *Scope) Add(pairs ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := 0; i+1 < len(pairs); i += 2 {
		name, value := pairs[i], pairs[i+1]
		if value == "" {
			continue
		}
		known := slices.IndexFunc(s.fields, func(a slog.Attr) bool { return a.Key == name })
		if known < 0 {
			s.fields = append(s.fields, slog.String(name, value))
			continue
		}
		s.fields = slices.Clone(s.fields) // others may be reading it
		s.fields[known] = slog.String(name, value)
	}
}

// Add adds fields to the scope of ctx, like Scope.Add. If ctx has no scope, the context that it returns has a new one.
func Add(ctx context.Context, pairs ...string) context.Context {
	s, ok := ctx.Value(contextKey{}).(*Scope)
	if !ok {
		s = &Scope{}
		ctx = s.Context(ctx)
	}
	s.Add(pairs...)
	return ctx
}

// Branch returns a context for a part of the work of ctx, such as one of several items of a message. It has the fields of ctx. Fields that
// are added to it are not added to ctx.
func Branch(ctx context.Context) context.Context {
	return (&Scope{fields: slices.Clone(Of(ctx))}).Context(ctx)
}

// Of returns the fields of ctx. The caller must not change them.
func Of(ctx context.Context) []slog.Attr {
	s, ok := ctx.Value(contextKey{}).(*Scope)
	if !ok {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fields
}
