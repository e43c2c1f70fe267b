package lambda

import (
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
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

func (b errorBody) write(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(b) // the process may have ended
}

var (
	wrongState = errorBody{Type: "InvalidStateTransition", Message: "Transition from the current state is not allowed"}
	unknownID  = errorBody{Type: "InvalidRequestID", Message: "Invalid request ID"}
)

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
	case ok && path == "init/error" && r.Method == http.MethodPost:
		e.failInit(w, r)
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
	case done != nil && !e.fetched:
		done = nil // a repeated request: the invocation still waits to be fetched
	case done != nil && !done.responded:
		e.mu.Unlock()
		wrongState.write(w, http.StatusForbidden)
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
		e.mu.Lock()
		e.fetched = true
		e.mu.Unlock()
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
	case inv == nil || !e.fetched || inv.id != id:
		unknownID.write(w, http.StatusBadRequest)
	case inv.responded:
		wrongState.write(w, http.StatusForbidden)
	case large != nil:
		inv.failWith(errorBody{Type: "Function.ResponseSizeTooLarge",
			Message: "Response payload size exceeded maximum allowed payload size (" + strconv.Itoa(maxResponse) + " bytes)."})
		inv.responded = true
		errorBody{Type: "RequestEntityTooLarge", Message: "Exceeded maximum allowed payload size"}.
			write(w, http.StatusRequestEntityTooLarge)
	default:
		inv.response, inv.failed, inv.responded = body, failed, true
		if failed {
			inv.errorType = errorTypeOf(r, body)
		}
		accepted(w)
	}
}

func (e *environment) failInit(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxResponse))
	if err != nil {
		return // the process has gone
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.ready {
		wrongState.write(w, http.StatusForbidden)
		return
	}
	e.initError = &errorBody{Type: errorTypeOf(r, body)}
	var reported errorBody
	if json.Unmarshal(body, &reported) == nil {
		e.initError.Message = reported.Message
	}
	accepted(w)
}

var status = []byte(`{"status":"OK"}` + "\n")

func accepted(w http.ResponseWriter) {
	w.Header()["Content-Type"] = []string{"application/json"}
	w.WriteHeader(http.StatusAccepted)
	_, _ = w.Write(status) // if the process ends meanwhile, watch reports it
}

func errorTypeOf(r *http.Request, body []byte) string {
	if t := r.Header.Get("Lambda-Runtime-Function-Error-Type"); t != "" {
		return t
	}
	var b errorBody
	if json.Unmarshal(body, &b) != nil || b.Type == "" {
		return "Runtime.Unknown"
	}
	return b.Type
}
