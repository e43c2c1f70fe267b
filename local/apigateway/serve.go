package apigateway

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"

	"github.com/google/uuid"

	"github.com/order-patterns/order-patterns/local/xray"
)

// Handler serves the stages of all APIs, at /API/STAGE/PATH.
func (s *Service) Handler() http.Handler { return http.HandlerFunc(s.serve) }

func (s *Service) serve(w http.ResponseWriter, r *http.Request) {
	x := &exchange{service: s, request: r, start: s.account.Clock.Now(), requestID: uuid.NewString(), extendedID: newExtendedID()}
	w.Header().Set("x-amzn-RequestId", x.requestID)
	w.Header().Set("x-amz-apigw-id", x.extendedID)
	if !x.locate() {
		w.Header().Set("x-amzn-ErrorType", "ForbiddenException")
		writeResponse(w, &response{status: http.StatusForbidden, header: http.Header{"Content-Type": {jsonType}}, body: []byte(`{"message":"Forbidden"}`)})
		return
	}
	x.beginTrace()
	out, failed := x.answer(w)
	if failed != nil {
		x.failed = failed
		out = x.live.respond(x, failed)
	}
	x.status, x.length, x.latency = out.status, len(out.body), s.account.Clock.Since(x.start)
	w.Header().Set("X-Amzn-Trace-Id", x.traceHeader)
	writeResponse(w, out)
	x.live.log.add(x)
	x.endTrace()
	x.logExecution()
}

func writeResponse(w http.ResponseWriter, out *response) {
	maps.Copy(w.Header(), out.header)
	w.WriteHeader(out.status)
	_, _ = w.Write(out.body) // the client may have gone
}

// locate finds the stage of the request's path.
func (x *exchange) locate() bool {
	parts := strings.SplitN(x.request.URL.EscapedPath(), "/", 4)
	if len(parts) < 3 {
		return false
	}
	x.apiID, x.stageName, x.path = parts[1], parts[2], "/"
	if len(parts) == 4 {
		x.path += parts[3]
	}
	x.service.mu.RLock()
	defer x.service.mu.RUnlock()
	api := x.service.apis[x.apiID]
	if api == nil || api.stages[x.stageName] == nil {
		return false
	}
	x.live = api.stages[x.stageName].live
	return !x.live.closed
}

// answer takes the request through routing, throttling, validation and the integration.
func (x *exchange) answer(w http.ResponseWriter) (*response, *failure) {
	if x.headerBytes() > maxHeaders {
		return nil, failHeaders
	}
	var segments []string
	if x.path != "/" {
		segments = strings.Split(x.path[1:], "/")
	}
	values := map[string]string{}
	res := x.live.root.find(segments, values)
	if res == nil || res.method(x.request.Method) == nil {
		return nil, failNoRoute
	}
	x.method = res.method(x.request.Method)
	if len(values) > 0 {
		x.pathParameters = values
	}
	if failed := x.admit(); failed != nil {
		return nil, failed
	}
	if failed := x.readBody(w); failed != nil {
		return nil, failed
	}
	x.query, _ = url.ParseQuery(x.request.URL.RawQuery) // what is malformed is left out
	if names := x.missing(); len(names) > 0 {
		return nil, failParameters(names)
	}
	if model := x.method.models[x.mediaType()]; model != nil {
		if problem := model.validate(x.body); problem != "" {
			return nil, failBody(problem)
		}
	}
	return x.method.integration.serve(x.request.Context(), x)
}

func (x *exchange) headerBytes() int {
	n := len(x.request.Method) + len(x.request.RequestURI) + len(x.request.Host)
	for name, values := range x.request.Header {
		for _, v := range values {
			n += len(name) + len(v)
		}
	}
	return n
}

func (x *exchange) readBody(w http.ResponseWriter) *failure {
	if x.request.ContentLength > maxBody {
		return failTooLarge
	}
	body := http.MaxBytesReader(w, x.request.Body, maxBody)
	var err error
	if n := x.request.ContentLength; n >= 0 {
		x.body = make([]byte, n)
		_, err = io.ReadFull(body, x.body)
	} else {
		x.body, err = io.ReadAll(body)
	}
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return failTooLarge
	case err != nil:
		return failBody(unparsable) // the client went away: nobody reads this
	}
	return nil
}

// beginTrace continues the client's trace, or begins one. Only a traced stage decides what is sampled.
func (x *exchange) beginTrace() {
	incoming := x.request.Header.Get("X-Amzn-Trace-Id")
	if !x.live.tracing {
		var ok bool
		if x.trace, ok = xray.ParseHeader(incoming); ok {
			x.traceHeader = incoming
			return
		}
		x.trace = xray.Header{Root: fmt.Sprintf("1-%08x-%s%.8s", x.start.Unix(), xray.NewID(), xray.NewID())}
		x.traceHeader = "Root=" + x.trace.Root
		return
	}
	x.trace = x.service.tracer.Sample(incoming)
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
	err := x.service.tracer.Put(context.WithoutCancel(r.Context()), principal, xray.Segment{
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

// logExecution tells the embedded cloud's log what AWS writes to execution logs, if the method's settings ask for it.
func (x *exchange) logExecution() {
	level := ""
	if state := x.live.methods[x.method]; state != nil {
		level = state.logLevel
	}
	if level != "INFO" && (level != "ERROR" || x.failed == nil) {
		return
	}
	x.service.account.Log.Info("API request", "api", x.apiID, "stage", x.stageName, "requestId", x.requestID, "method", x.request.Method,
		"path", x.path, "status", x.status, "error", x.failure().message, "validation", x.failure().validation, "integrationError", x.integration.err)
}

// newExtendedID makes a request's second id, such as TWegAcC4EowCHnA=.
func newExtendedID() string {
	b := make([]byte, 11)
	_, _ = rand.Read(b) // crypto/rand does not fail
	return base64.StdEncoding.EncodeToString(b)
}
