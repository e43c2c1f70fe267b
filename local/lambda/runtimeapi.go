package lambda

import (
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/order-patterns/order-patterns/local/wire"
)

// runtimeAPI is the HTTP interface between Lambda and the processes of functions:
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
// All environments share one listener; each knows only its own path, which names it: /TOKEN/2018-06-01/runtime/...
type runtimeAPI struct {
	listener     net.Listener
	server       *http.Server
	environments sync.Map // token -> *environment
}

func newRuntimeAPI() (*runtimeAPI, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	a := &runtimeAPI{listener: l}
	a.server = &http.Server{Handler: a, ReadHeaderTimeout: time.Minute}
	go func() { _ = a.server.Serve(l) }() // returns when closed
	return a, nil
}

func (a *runtimeAPI) address() string       { return a.listener.Addr().String() }
func (a *runtimeAPI) close() error          { return a.server.Close() }
func (a *runtimeAPI) add(e *environment)    { a.environments.Store(e.token, e) }
func (a *runtimeAPI) remove(e *environment) { a.environments.Delete(e.token) }

type errorBody struct {
	Message string `json:"errorMessage"`
	Type    string `json:"errorType"`
}

var wrongState = errorBody{Type: "InvalidStateTransition"}

// ServeHTTP routes by hand: this is the busiest path of the embedded cloud.
func (a *runtimeAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	token, path, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	found, ok := a.environments.Load(token)
	if !ok {
		http.NotFound(w, r)
		return
	}
	e := found.(*environment)
	path, ok = strings.CutPrefix(path, "2018-06-01/runtime/")
	id, action, _ := strings.Cut(strings.TrimPrefix(path, "invocation/"), "/")
	switch {
	case ok && path == "invocation/next" && r.Method == http.MethodGet:
		e.next(w, r)
	case ok && (action == "response" || action == "error") && r.Method == http.MethodPost:
		e.respond(w, r, id, action == "error")
	default:
		http.NotFound(w, r)
	}
}

func (e *environment) next(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	done, first := e.current, !e.ready
	switch {
	case done != nil && !done.responded:
		e.mu.Unlock()
		writeJSON(w, http.StatusForbidden, wrongState)
		return
	case done != nil:
		e.current = nil
	case first:
		e.ready = true
		e.initTime = e.s.account.Clock.Since(e.started)
		close(e.inited)
	}
	e.mu.Unlock()
	if done != nil {
		e.finish(done)
	}
	if done != nil || first {
		e.pool.ready(e)
	}

	select {
	case inv := <-e.work:
		h := w.Header()
		h["Content-Type"] = []string{"application/json"}
		h["Lambda-Runtime-Aws-Request-Id"] = []string{inv.id}
		h["Lambda-Runtime-Deadline-Ms"] = []string{strconv.FormatInt(inv.deadline.UnixMilli(), 10)}
		h["Lambda-Runtime-Invoked-Function-Arn"] = []string{inv.arn}
		h["Lambda-Runtime-Trace-Id"] = []string{inv.trace.header}
		h["Content-Length"] = []string{strconv.Itoa(len(inv.payload))}
		_, _ = w.Write(inv.payload) // if the process ends meanwhile, watch reports it
	case <-e.gone:
	case <-r.Context().Done():
	}
}

func (e *environment) respond(w http.ResponseWriter, r *http.Request, id string, failed bool) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxResponse))
	large, ok := errors.AsType[*http.MaxBytesError](err)
	if err != nil && !ok {
		return // the process has gone
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	inv := e.current
	switch {
	case inv == nil || inv.id != id:
		writeJSON(w, http.StatusBadRequest, errorBody{Type: "InvalidRequestID"})
	case inv.responded:
		writeJSON(w, http.StatusForbidden, wrongState)
	case large != nil:
		inv.failWith(errorBody{Type: "Function.ResponseSizeTooLarge",
			Message: "Response payload size exceeded maximum allowed payload size (" + strconv.Itoa(maxResponse) + " bytes)."})
		inv.responded = true
		writeJSON(w, http.StatusRequestEntityTooLarge, errorBody{Type: "RequestEntityTooLarge"})
	default:
		inv.response, inv.failed, inv.responded = body, failed, true
		if failed {
			var b errorBody
			_ = json.Unmarshal(body, &b) // an error without a type is unknown
			inv.errorType = cmp.Or(b.Type, "Runtime.Unknown")
		}
		writeJSON(w, http.StatusAccepted, wire.Object{"status": "OK"})
	}
}
