// Package xray is the embedded cloud's AWS X-Ray: it receives segments from the cloud's own services, and documents
// from the daemons of functions, and returns the traces that they belong to.
//
// Differences from AWS:
//   - it holds the newest 2,000 traces; a trace has at most 500 KB of documents, as on AWS;
//   - filter expressions have service("name"), annotation.key = value, error, fault, throttle and AND, and answers are one page;
//   - summaries of traces have times, services, errors, faults and throttles, without annotations, HTTP and users;
//   - the service graph has names, types, edges and counts, without times and histograms;
//   - there are no telemetry records, groups or configurable sampling rules.
package xray

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"regexp"
	"sync"
	"time"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/provider"
	"github.com/order-patterns/order-patterns/local/wire"
)

const (
	maxTraces = 2000
	// maxTraceBytes and maxDocument are quotas of https://docs.aws.amazon.com/general/latest/gr/xray.html
	maxTraceBytes = 500_000
	maxDocument   = 64 << 10
)

// Traces makes sampling decisions and records segments. *Service implements it.
type Traces interface {
	Sample(incoming string) Header
	Put(ctx context.Context, p policy.Principal, segments ...Segment) error
	// PutDocument is Put with the text of a document, which may be invalid.
	PutDocument(ctx context.Context, p policy.Principal, text string) error
	PutFor(ctx context.Context, service policy.Principal, sourceARN string, segments ...Segment) error
}

// Service keeps traces and makes sampling decisions.
type Service struct {
	wire.Name
	wire.REST
	account *account.Account

	mu         sync.Mutex
	traces     map[string]*trace
	policies   map[string]*ResourcePolicyArgs // by name
	ids        []string                       // of traces, oldest first
	lastSample time.Time                      // the second in which the default rule last sampled a first request
}

type trace struct {
	id       string
	segments []document
	bytes    int
	exceeded bool // some documents were dropped
}

// New returns a service without traces.
func New(a *account.Account) *Service {
	s := &Service{Name: "xray", account: a, traces: map[string]*trace{}, policies: map[string]*ResourcePolicyArgs{}}
	s.Refuse("POST /TraceSegments", "PutTraceSegments")
	wire.HandleREST(&s.REST, "POST /TraceSummaries", "GetTraceSummaries", s.getTraceSummaries)
	wire.HandleREST(&s.REST, "POST /Traces", "BatchGetTraces", s.batchGetTraces)
	wire.HandleREST(&s.REST, "POST /ServiceGraph", "GetServiceGraph", s.getServiceGraph)
	s.Refuse("POST /TraceGraph", "GetTraceGraph")
	return s
}

// Put records segments of sampled requests for a service that traces, such as Lambda as a function's role. A session of
// a role needs xray:PutTraceSegments and xray:PutTelemetryRecords. A service that acts as itself needs nothing. The error
// is a *policy.DeniedError, or that of an injected fault.
func (s *Service) Put(ctx context.Context, p policy.Principal, segments ...Segment) error {
	documents := make([]document, len(segments))
	for i := range segments {
		documents[i] = segments[i].document()
	}
	return s.put(ctx, p, documents...)
}

func (s *Service) put(ctx context.Context, p policy.Principal, documents ...document) error {
	if p.Service == "" {
		for _, action := range []string{"xray:PutTraceSegments", "xray:PutTelemetryRecords"} {
			if err := s.account.Authorize(ctx, policy.Request{Principal: p, Action: action, Resource: "*"}); err != nil {
				return err
			}
		}
	}
	s.mu.Lock()
	for _, d := range documents {
		s.add(d)
	}
	s.mu.Unlock()
	return s.account.Faults.After(ctx, fault.Event{Action: "xray:PutTraceSegments", Resource: "*", Principal: p.String()})
}

// PutDocument is Put with the text of a document, which may be invalid.
func (s *Service) PutDocument(ctx context.Context, p policy.Principal, text string) error {
	d, err := parseDocument(text)
	if err != nil {
		return err
	}
	return s.put(ctx, p, d)
}

// add records a segment. It replaces one with the same id, which was sent while in progress. The caller holds the lock.
func (s *Service) add(segment document) {
	t := s.traces[segment.TraceID]
	if t == nil {
		if len(s.ids) == maxTraces {
			delete(s.traces, s.ids[0])
			s.ids = s.ids[1:]
		}
		t = &trace{id: segment.TraceID}
		s.traces[t.id] = t
		s.ids = append(s.ids, t.id)
	}
	if t.bytes += segment.size(); t.bytes > maxTraceBytes {
		t.bytes -= segment.size()
		t.exceeded = true
		return
	}
	for i := range t.segments {
		if t.segments[i].ID == segment.ID {
			t.bytes -= t.segments[i].size()
			t.segments[i] = segment
			return
		}
	}
	t.segments = append(t.segments, segment)
}

// span is the start of the earliest segment, in seconds since 1970, and the seconds to the latest end so far.
func (t *trace) span() (start, duration float64) {
	start, end := math.Inf(1), 0.0
	for _, s := range t.segments {
		start, end = min(start, s.Start), max(end, s.End)
	}
	return start, math.Round(max(end-start, 0)*1e6) / 1e6 // microseconds, as in documents
}

func invalid(format string, args ...any) error {
	return wire.Errorf(http.StatusBadRequest, "InvalidRequestException", format, args...)
}

// ResourcePolicyArgs are the inputs of aws:xray/resourcePolicy:ResourcePolicy: a policy of the account's X-Ray.
type ResourcePolicyArgs struct {
	Name     string `pulumi:"policyName,replace"`
	Document string `pulumi:"policyDocument"`
}

var policyName = regexp.MustCompile(`^[\w+=,.@-]{1,128}$`)

// Kinds are the Pulumi resource types that this service implements.
func (s *Service) Kinds() []provider.Kind {
	name := func(in *ResourcePolicyArgs) string { return in.Name }
	return []provider.Kind{provider.Kept(s.policies, name, provider.Object[ResourcePolicyArgs, ResourcePolicyArgs]{
		Type: "aws:xray/resourcePolicy:ResourcePolicy",
		Check: func(c *provider.Checker, in *ResourcePolicyArgs) {
			c.Match("policyName", &in.Name, policyName, "1 to 128 letters, digits and _+=,.@-")
			c.Parse("policyDocument", &in.Document, policy.Check(policy.Resource))
		},
		Lock: &s.mu,
		Create: func(_ context.Context, in *ResourcePolicyArgs) (string, error) {
			if s.policies[in.Name] != nil {
				return "", invalid("The policy %s exists.", in.Name)
			}
			s.policies[in.Name] = in
			return in.Name, nil
		},
	})}
}

// PutFor is Put for a service that traces one of the account's resources, which a resource policy must allow: SNS for a topic.
// https://docs.aws.amazon.com/xray/latest/devguide/xray-services-sns.html
func (s *Service) PutFor(ctx context.Context, service policy.Principal, sourceARN string, segments ...Segment) error {
	all := &policy.Document{Version: "2012-10-17"}
	s.mu.Lock()
	for _, p := range s.policies {
		if doc, err := policy.Parse(p.Document, policy.Resource); err == nil { // it was checked
			all.Statements = append(all.Statements, doc.Statements...)
		}
	}
	s.mu.Unlock()
	for _, action := range []string{"xray:PutTraceSegments", "xray:GetSamplingRules", "xray:GetSamplingTargets"} {
		if err := s.account.Authorize(ctx, policy.Request{
			Principal: service, Action: action, Resource: "*", ResourcePolicy: all,
			Keys: map[string]string{"aws:SourceArn": sourceARN, "aws:SourceAccount": account.ID, "aws:PrincipalIsAWSService": "true"},
		}); err != nil {
			return fmt.Errorf("xray: tracing %s: %w", sourceARN, err)
		}
	}
	return s.Put(ctx, service, segments...)
}
