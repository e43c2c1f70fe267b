package trace

import (
	"context"
	"strings"
)

// place is a context with its position in a trace: in a span, or in a trace that is not sampled.
type place struct {
	context.Context
	header header // the header of what is created there; its Parent is the span, if there is one
	span   *Span
}

type placeKey struct{}

// Value returns the place itself for placeKey. The place is also the context, which saves an allocation.
func (p *place) Value(key any) any {
	if key == (placeKey{}) {
		return p
	}
	return p.Context.Value(key)
}

func placeOf(ctx context.Context) *place {
	p, _ := ctx.Value(placeKey{}).(*place)
	return p
}

// invocation returns the tracing header of the Lambda invocation, or "".
func invocation(ctx context.Context) string {
	text, _ := ctx.Value(lambdaKey).(string)
	return text
}

// sampledPlace returns the position of ctx in a sampled trace: the span of ctx, or else the invocation.
func sampledPlace(ctx context.Context) (h header, ok bool) {
	if p := placeOf(ctx); p != nil {
		return p.header, p.header.sampled
	}
	text := invocation(ctx)
	if !strings.Contains(text, "Sampled=1") {
		return header{}, false
	}
	h, ok = parse(text)
	return h, ok && h.sampled && h.parent != ""
}

// Join returns a context in the trace of a tracing header, without a span. ID returns that trace, and AWS calls pass the header on. It
// returns ctx if the header is not valid.
func Join(ctx context.Context, text string) context.Context {
	h, ok := parse(text)
	if !ok {
		return ctx
	}
	return join(ctx, h, nil)
}

func join(ctx context.Context, h header, s *Span) context.Context {
	if s != nil {
		h.parent = s.doc.ID
	}
	return &place{ctx, h, s}
}

// Plain returns a tracing header with only its Root, Parent and Sampled, or "" if it is not valid.
func Plain(text string) string {
	h, ok := parse(text)
	if !ok {
		return ""
	}
	return h.text("")
}

// Header returns the tracing header of ctx, for a message or record that carries it to the next function, or "" if the invocation has none.
// Its Parent is the span of ctx, or else the invocation.
func Header(ctx context.Context) string {
	text := invocation(ctx)
	if p := placeOf(ctx); p != nil {
		return p.header.text(text)
	}
	return text
}

// ID returns the id of the trace of ctx: the trace of the header that Continue or Join got, sampled or not, or else the trace of the
// invocation. It is "" if there is none.
func ID(ctx context.Context) string {
	if p := placeOf(ctx); p != nil {
		return p.header.root
	}
	_, root, _ := strings.Cut(invocation(ctx), "Root=")
	root, _, _ = strings.Cut(root, ";")
	return root
}
