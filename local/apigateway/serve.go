package apigateway

import (
	"context"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/xray"
)

// Handler serves the stages of all APIs, at /API/STAGE/PATH.
func (s *Service) Handler() http.Handler { return http.HandlerFunc(s.serve) }

func (s *Service) serve(w http.ResponseWriter, r *http.Request) {
	x := &exchange{
		service: s, request: r, start: s.account.Clock.Now(), requestID: uuid.NewString(), extendedID: newID(15) + "=", overrides: map[string]any{},
	}
	w.Header().Set("x-amzn-RequestId", x.requestID)
	w.Header().Set("x-amz-apigw-id", x.extendedID)
	if !x.locate() {
		w.Header().Set("x-amzn-ErrorType", "ForbiddenException")
		writeResponse(w, &response{status: http.StatusForbidden, body: []byte(`{"message":"Forbidden"}`)})
		return
	}
	x.beginTrace()
	out, failed := x.answer(w)
	if failed != nil {
		x.failure = *failed
		out = x.live.respond(x, failed)
	}
	x.status, x.latency = out.status, s.account.Clock.Since(x.start)
	w.Header().Set("X-Amzn-Trace-Id", x.traceHeader)
	x.publish()
	writeResponse(w, out)
	x.log()
	x.endTrace()
}

// locate finds the stage of a request, and sets the path below it.
func (x *exchange) locate() bool {
	x.apiID, x.path, _ = strings.Cut(strings.TrimPrefix(x.request.URL.EscapedPath(), "/"), "/")
	x.stageName, x.path, _ = strings.Cut(x.path, "/")
	x.path = "/" + x.path
	s := x.service
	s.mu.RLock()
	defer s.mu.RUnlock()
	api := s.apis[x.apiID]
	if api == nil || api.stages[x.stageName] == nil {
		return false
	}
	x.live = api.stages[x.stageName].live
	return true
}

func writeResponse(w http.ResponseWriter, out *response) {
	maps.Copy(w.Header(), out.header)
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", jsonType)
	}
	w.WriteHeader(out.status)
	_, _ = w.Write(out.body) // the client may have disconnected
}

// answer routes, authorizes, throttles and validates the request, and calls the integration.
func (x *exchange) answer(w http.ResponseWriter) (*response, *failure) {
	if x.method, x.pathParameters = x.live.find(x.request.Method, x.path); x.method == nil {
		return nil, failNoRoute
	}
	x.resource = *x.method.resource
	if failed := x.readBody(w); failed != nil {
		return nil, failed
	}
	if failed := x.authorize(); failed != nil {
		return nil, failed
	}
	if failed := x.admit(); failed != nil {
		return nil, failed
	}
	x.query, _ = url.ParseQuery(x.request.URL.RawQuery) // malformed parameters are left out
	if names := x.missing(); len(names) > 0 {
		return nil, failParameters(names)
	}
	if model := x.method.model; model != nil && x.mediaType() == jsonType && !model.accepts(x.body) {
		return nil, failBody
	}
	return x.method.integration.serve(x.request.Context(), x)
}

func (x *exchange) readBody(w http.ResponseWriter) *failure {
	var err error
	x.body, err = io.ReadAll(http.MaxBytesReader(w, x.request.Body, maxBody))
	_, large := errors.AsType[*http.MaxBytesError](err)
	switch {
	case large:
		return failTooLarge
	case errors.Is(err, os.ErrDeadlineExceeded):
		return failStalled
	case err != nil:
		return failBody // the client disconnected: nobody reads this
	}
	return nil
}

type exchange struct {
	service    *Service
	live       *liveStage
	request    *http.Request
	start      time.Time
	requestID  string
	extendedID string
	apiID      string
	stageName  string
	path       string // below the stage, as the client wrote it

	method         *method
	resource       resource // empty if there is no method
	apiKey         string   // value of the client's key, and its id, if the method requires one
	apiKeyID       string
	signer         signer         // empty if nobody had to sign
	authorizer     map[string]any // $context.authorizer; nil without a Lambda authorizer
	pathParameters map[string]string
	query          url.Values
	body           []byte
	overrides      map[string]any // headers that a mapping template set

	trace       xray.Header // Root and Parent as the client sent them, or a new Root
	segment     string      // id of the stage's segment; empty if the request is not traced
	traceHeader string      // for the integration and the client

	status      int
	latency     time.Duration
	failure     failure // empty if an integration answered
	integration integrationOutcome
}

// signer is who signed a request.
type signer struct {
	principal policy.Principal
	accessKey string
}

type integrationOutcome struct {
	answered bool // by the service that was called
	latency  time.Duration
	err      string
}

func (o *integrationOutcome) latencyText() string {
	if !o.answered && o.err == "" {
		return ""
	}
	return milliseconds(o.latency)
}

func (x *exchange) sourceIP() string {
	host, _, err := net.SplitHostPort(x.request.RemoteAddr)
	if err != nil {
		return x.request.RemoteAddr
	}
	return host
}

// beginTrace continues the client's trace or starts one. Only a traced stage makes a sampling decision.
func (x *exchange) beginTrace() {
	incoming := x.request.Header.Get("X-Amzn-Trace-Id")
	if !x.live.tracing {
		var ok bool
		if x.trace, ok = xray.ParseHeader(incoming); ok {
			x.traceHeader = incoming
			return
		}
		x.trace = xray.Header{Root: xray.NewRoot(x.start)}
		x.traceHeader = "Root=" + x.trace.Root
		return
	}
	x.trace = x.service.Traces.Sample(incoming)
	on := x.trace
	if on.Sampled {
		x.segment = xray.NewID()
		on.Parent = x.segment
	}
	x.traceHeader = on.String()
}

func (x *exchange) endTrace() {
	if x.segment == "" {
		return
	}
	r := x.request
	err := x.service.Traces.Put(context.WithoutCancel(r.Context()), principal, xray.Segment{
		TraceID: x.trace.Root, ID: x.segment, ParentID: x.trace.Parent, Name: x.live.traceName, Origin: "AWS::ApiGateway::Stage",
		Start: x.start, End: x.start.Add(x.latency),
		Error: x.status >= 400 && x.status < 500, Throttle: x.status == http.StatusTooManyRequests, Fault: x.status >= 500,
		HTTP: &xray.HTTP{
			Method: r.Method, URL: "http://" + r.Host + r.URL.Path, ClientIP: x.sourceIP(), UserAgent: r.UserAgent(), Status: x.status,
		},
	})
	if err != nil {
		x.service.account.Log.Warn("tracing an API request failed", "api", x.apiID, "stage", x.stageName, "error", err)
	}
}

// publish publishes the metrics of a request, for the API and for its stage. Errors are published as 0 too, so that their average
// is their rate. Those of each method, which are an option of a stage, are not published.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html
func (x *exchange) publish() {
	values := []account.Value{
		account.Count("Count", 1), account.Milliseconds("Latency", x.latency), account.Count("4XXError", 0), account.Count("5XXError", 0),
	}
	if class := x.status / 100; class >= 4 {
		values[class-2].Value = 1
	}
	if x.integration.latencyText() != "" { // an integration was called
		values = append(values, account.Milliseconds("IntegrationLatency", x.integration.latency))
	}
	a, name := x.service.account, strings.TrimSuffix(x.live.traceName, "/"+x.stageName)
	a.Publish("AWS/ApiGateway", map[string]string{"ApiName": name}, values...)
	a.Publish("AWS/ApiGateway", map[string]string{"ApiName": name, "Stage": x.stageName}, values...)
}
