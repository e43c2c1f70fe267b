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

// Span is one piece of work, from Start or Continue to End. A nil Span is not sampled. A Span must be used by one goroutine only, but
// several goroutines may make AWS calls with its context.
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

// Invoked must be called at the start of each invocation. The first one is the cold start.
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

// Start starts a span, such as "resize picture", as a child of the span of ctx or of the invocation. The span has the annotation pattern,
// from the environment variable PATTERN, and the metadata function, memory (in MB), requestId and coldStart, which is true in the process's
// first invocation. Without sampling it returns ctx and nil.
func Start(ctx context.Context, name string) (context.Context, *Span) {
	h, ok := sampledPlace(ctx)
	if !ok {
		return ctx, nil
	}
	s := newSpan(h, name)
	s.describeInvocation(ctx)
	return join(ctx, h, s), s
}

// Continue starts a span in the trace of a message or record. text is its tracing header. The span is a segment of this function, and its
// parent is the header's. In addition to what Start sets, it has the metadata invocationTrace, the trace of the invocation for the whole
// batch. Lambda itself links the two traces if the event source is SQS:
// https://docs.aws.amazon.com/xray/latest/devguide/xray-tracelinking.html
//
// If the header is not sampled, there is no span, but ctx is in its trace, as by Join. Without a valid header, Continue is Start. The span
// is also sent if the invocation is not sampled; Lambda may then run no daemon that receives it.
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

// Annotate adds ids to the work of ctx, in its trace and in the log. It sets annotations of the span, given as alternating names and
// values, and adds them to the fields of the log lines of ctx (see package logfields). The names are those of the log, such as pictureId,
// and outcome. outcome must be one of a fixed set. Empty values are omitted. Use the context that it returns for the work that follows.
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

// Attempt sets the metadata attempt: how often the message was delivered, including this time.
func (s *Span) Attempt(n int) { s.describe("attempt", n) }

// Fail records an error by its type. It does nothing for nil. rejected says that the work can never succeed: X-Ray shows that as an error,
// and any other failure as a fault.
func (s *Span) Fail(err error, rejected bool) {
	if s == nil || err == nil {
		return
	}
	s.doc.Error, s.doc.Fault = rejected, !rejected
	s.doc.Cause = causeOf(err)
}

// End ends the span and sends it. If it cannot be sent, it is lost.
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

// namespace holds all metadata. "default" is X-Ray's default.
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
