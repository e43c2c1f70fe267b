package apigateway

import (
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"

	"github.com/google/uuid"
)

// Handler serves the stages of all APIs, at /API/STAGE/PATH or under their custom domains.
func (s *Service) Handler() http.Handler { return http.HandlerFunc(s.serve) }

func (s *Service) serve(w http.ResponseWriter, r *http.Request) {
	x := &exchange{service: s, request: r, start: s.account.Clock.Now(), requestID: uuid.NewString(), extendedID: newID(15) + "="}
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
		x.failure = *failed
		out = x.live.respond(x, failed)
	}
	x.status, x.length, x.latency = out.status, len(out.body), s.account.Clock.Since(x.start)
	w.Header().Set("X-Amzn-Trace-Id", x.traceHeader)
	x.publish()
	writeResponse(w, out)
	x.live.log.add(x)
	x.endTrace()
}

func writeResponse(w http.ResponseWriter, out *response) {
	maps.Copy(w.Header(), out.header)
	w.WriteHeader(out.status)
	_, _ = w.Write(out.body) // the client may have disconnected
}

// answer routes, authorizes, throttles and validates the request, and calls the integration.
func (x *exchange) answer(w http.ResponseWriter) (*response, *failure) {
	if x.headerBytes() > maxHeaders {
		return nil, failHeaders
	}
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
	var err error
	var large *http.MaxBytesError
	x.body, err = io.ReadAll(http.MaxBytesReader(w, x.request.Body, maxBody))
	switch {
	case errors.As(err, &large):
		return failTooLarge
	case errors.Is(err, os.ErrDeadlineExceeded):
		return failStalled
	case err != nil:
		return failBody // the client disconnected: nobody reads this
	}
	return nil
}
