package trace

import (
	"context"
	"os"
	"sync/atomic"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
)

// maxLinks is how many traces a segment can be linked to:
// https://docs.aws.amazon.com/xray/latest/devguide/xray-tracelinking.html
const maxLinks = 20

// Span is the work on one order, from Start to End. A nil Span is one that is not sampled. A Span is used by one goroutine,
// but AWS calls may be made from several with its context.
type Span struct {
	parent header
	doc    document
}

type contextKey struct{}

// FromContext returns the span of ctx, or nil.
func FromContext(ctx context.Context) *Span {
	s, _ := ctx.Value(contextKey{}).(*Span)
	return s
}

// firstRequest is the id of the process's first request for which a span was started or an AWS call was made.
var firstRequest atomic.Pointer[string]

// noteRequest remembers the first request of the process, whether it is sampled or not.
func noteRequest(ctx context.Context) {
	if firstRequest.Load() != nil {
		return
	}
	id := requestID(ctx)
	firstRequest.CompareAndSwap(nil, &id)
}

func requestID(ctx context.Context) string {
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		return lc.AwsRequestID
	}
	return ""
}

// Start starts a span named for the work, such as "store order", as a child of the span of ctx or of the invocation. It has
// the annotation pattern, from the environment variable PATTERN, and the metadata function, memory (in MB), requestId and
// coldStart, which is true in the process's first invocation. Without sampling it returns ctx and nil.
func Start(ctx context.Context, name string) (context.Context, *Span) {
	noteRequest(ctx)
	h, ok := current(ctx)
	if !ok {
		return ctx, nil
	}
	id := requestID(ctx)
	s := newSpan(h, name)
	s.annotate("pattern", os.Getenv("PATTERN"))
	s.describe("function", os.Getenv("AWS_LAMBDA_FUNCTION_NAME"))
	s.describe("memory", lambdacontext.MemoryLimitInMB)
	s.describe("requestId", id)
	s.describe("coldStart", id == *firstRequest.Load())
	return context.WithValue(ctx, contextKey{}, s), s
}

func newSpan(parent header, name string) *Span {
	return &Span{parent: parent, doc: document{
		TraceID: parent.root, ID: newID(), ParentID: parent.parent, Type: "subsegment", Name: name, StartTime: seconds(time.Now()),
	}}
}

// header is the place of the span's children.
func (s *Span) header() header {
	h := s.parent
	h.parent = s.doc.ID
	return h
}

// Link links the span to the trace of a tracing header: of an SQS message's attribute AWSTraceHeader, or of a record of a
// stream. It ignores a header that is not valid or not sampled, and more than 20 links.
func (s *Span) Link(text string) {
	if s == nil || len(s.doc.Links) == maxLinks {
		return
	}
	if h, ok := parse(text); ok && h.sampled && h.parent != "" {
		s.doc.Links = append(s.doc.Links, link{TraceID: h.root, ID: h.parent})
	}
}

// Order sets the annotations orderId, accountId and vendorId. It leaves out those that are empty.
func (s *Span) Order(orderID, accountID, vendorID string) {
	s.annotate("orderId", orderID)
	s.annotate("accountId", accountID)
	s.annotate("vendorId", vendorID)
}

// Outcome sets the annotation outcome, such as "stored". It must be one of a fixed set.
func (s *Span) Outcome(outcome string) { s.annotate("outcome", outcome) }

// Batch sets the metadata batchSize.
func (s *Span) Batch(size int) { s.describe("batchSize", size) }

// Attempt sets the metadata attempt, which is how often the message was delivered, this time included.
func (s *Span) Attempt(n int) { s.describe("attempt", n) }

// Fail records an error by its type. rejected says that the order can never succeed, which X-Ray shows as an error, and
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
