package trace

import (
	"cmp"
	"context"
	"os"
	"sync/atomic"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/order-patterns/order-patterns/handlers/kit/logfields"
)

// Span is one piece of work, from Start or Continue to End. A nil Span is one that is not sampled. A Span is used by one
// goroutine, but AWS calls may be made from several with its context.
type Span struct {
	parent header
	doc    document
}

// FromContext returns the span of ctx, or nil.
func FromContext(ctx context.Context) *Span {
	if p := placeOf(ctx); p != nil {
		return p.span
	}
	return nil
}

// firstRequest is the id of the process's first request.
var firstRequest atomic.Pointer[string]

// Invoked is called at the start of each invocation. The first one is the cold start.
func Invoked(ctx context.Context) {
	if firstRequest.Load() == nil {
		id := requestID(ctx)
		firstRequest.CompareAndSwap(nil, &id)
	}
}

func requestID(ctx context.Context) string {
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		return lc.AwsRequestID
	}
	return ""
}

// Start starts a span named for the work, such as "resize picture", as a child of the span of ctx or of the invocation. It has
// the annotation pattern, from the environment variable PATTERN, and the metadata function, memory (in MB), requestId and
// coldStart, which is true in the process's first invocation. Without sampling it returns ctx and nil.
func Start(ctx context.Context, name string) (context.Context, *Span) {
	h, ok := sampledPlace(ctx)
	if !ok {
		return ctx, nil
	}
	s := newSpan(h, name)
	s.describeInvocation(ctx)
	return join(ctx, h, s), s
}

// Continue starts a span in the trace of a message or record, whose tracing header is text: a segment of this function, whose
// parent is that of the header. The segment has what Start adds, and the metadata invocationTrace, which is the trace of the
// invocation that handles the whole batch. Lambda itself links the two traces, where the event source is SQS:
// https://docs.aws.amazon.com/xray/latest/devguide/xray-tracelinking.html
//
// If the header is not sampled, there is no span, but ctx is in its trace, as by Join. Without a valid header,
// Continue is Start. The span is sent also if the invocation is not sampled; Lambda may then run no daemon that receives it.
func Continue(ctx context.Context, text, name string) (context.Context, *Span) {
	h, ok := parse(text)
	if !ok {
		return Start(ctx, name)
	}
	if !h.sampled {
		return join(ctx, h, nil), nil
	}
	s := newSpan(h, cmp.Or(os.Getenv("AWS_LAMBDA_FUNCTION_NAME"), name))
	s.doc.Type, s.doc.Origin = "", "AWS::Lambda::Function"
	s.describeInvocation(ctx)
	if own, ok := parse(invocation(ctx)); ok {
		s.describe("invocationTrace", own.root)
	}
	return join(ctx, h, s), s
}

func newSpan(parent header, name string) *Span {
	return &Span{parent: parent, doc: document{
		TraceID: parent.root, ID: newID(), ParentID: parent.parent, Type: "subsegment", Name: name, StartTime: seconds(time.Now()),
	}}
}

func (s *Span) describeInvocation(ctx context.Context) {
	id := requestID(ctx)
	first := firstRequest.Load()
	s.annotate("pattern", os.Getenv("PATTERN"))
	s.describe("function", os.Getenv("AWS_LAMBDA_FUNCTION_NAME"))
	s.describe("memory", lambdacontext.MemoryLimitInMB)
	s.describe("requestId", id)
	s.describe("coldStart", first != nil && id == *first)
}

// Annotate says what the work of ctx is about, in its trace and in the log: it sets annotations of the span, given as
// name and value in turn, and adds them to the fields of the log lines of ctx (see package logfields). The names are those of
// the log, such as pictureId, and outcome. outcome must be one of a fixed set. Empty values are left out.
// The context that it returns is the one for the work that follows.
func Annotate(ctx context.Context, pairs ...string) context.Context {
	if s := FromContext(ctx); s != nil {
		for i := 0; i+1 < len(pairs); i += 2 {
			s.annotate(pairs[i], pairs[i+1])
		}
	}
	return logfields.Add(ctx, pairs...)
}

// Batch sets the metadata batchSize.
func (s *Span) Batch(size int) { s.describe("batchSize", size) }

// Attempt sets the metadata attempt, which is how often the message was delivered, this time included.
func (s *Span) Attempt(n int) { s.describe("attempt", n) }

// Fail records an error by its type. rejected says that the work can never succeed, which X-Ray shows as an error, and
// anything else as a fault. It does nothing for nil.
func (s *Span) Fail(err error, rejected bool) {
	if s == nil || err == nil {
		return
	}
	s.doc.Error, s.doc.Fault = rejected, !rejected
	s.doc.Cause = causeOf(err)
}

// End ends the span and sends it. What cannot be sent is lost.
func (s *Span) End() {
	if s == nil {
		return
	}
	s.doc.EndTime = seconds(time.Now())
	send(&s.doc)
}

// maxAnnotation is the longest value of an annotation, in characters.
const maxAnnotation = 1000

func (s *Span) annotate(key, value string) {
	if s == nil || value == "" {
		return
	}
	if runes := []rune(value); len(runes) > maxAnnotation {
		value = string(runes[:maxAnnotation])
	}
	if s.doc.Annotations == nil {
		s.doc.Annotations = map[string]string{}
	}
	s.doc.Annotations[key] = value
}

// namespace holds all metadata. X-Ray shows "default" if there is no other.
const namespace = "default"

func (s *Span) describe(key string, value any) {
	if s == nil {
		return
	}
	if s.doc.Metadata == nil {
		s.doc.Metadata = map[string]map[string]any{namespace: {}}
	}
	s.doc.Metadata[namespace][key] = value
}
