package wire

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
)

// REST serves the protocol restJson1, in which method and path name the operation. Path parameters are read with
// Call.PathValue.
type REST struct {
	mux http.ServeMux
}

// DecodeJSON reads the call's body into v; members that v lacks are refused by name.
func (c *Call) DecodeJSON(v any) error {
	if err := decodeStrict(c.Body, v); err != nil {
		return Errorf(http.StatusBadRequest, "InvalidRequestContentException", "%v", err)
	}
	return nil
}

// Only refuses parameters in the query string other than these.
func (c *Call) Only(parameters ...string) error {
	for name := range c.URL.Query() {
		if !slices.Contains(parameters, name) {
			return Unsupported("the parameter %q of %s", name, c.Operation)
		}
	}
	return nil
}

type callKey struct{}

// HandleREST adds an operation under a pattern of net/http.ServeMux: "GET /2015-03-31/functions/{name}". What f
// returns is rendered as JSON.
func HandleREST[Out any](r *REST, pattern, name string, f func(*Call) (Out, error)) {
	r.Handle(pattern, name, func(w http.ResponseWriter, c *Call) error {
		out, err := f(c)
		if err != nil {
			return err
		}
		body, err := json.Marshal(out)
		write(w, http.StatusOK, "application/json", body, err)
		return nil
	})
}

// Handle adds an operation that writes its own answer, unless it returns an error.
func (r *REST) Handle(pattern, name string, f func(http.ResponseWriter, *Call) error) {
	r.mux.HandleFunc(pattern, func(w http.ResponseWriter, req *http.Request) {
		c := req.Context().Value(callKey{}).(*Call)
		c.Request, c.Operation = req, name
		if err := c.Respond(w, f); err != nil {
			writeRESTError(w, err)
		}
	})
}

// Refuse names an operation that is not implemented. Others are refused by their method and path.
func (r *REST) Refuse(pattern, name string) {
	r.Handle(pattern, name, func(http.ResponseWriter, *Call) error {
		return Errorf(http.StatusNotFound, "UnknownOperationException", "The embedded cloud does not implement %s", name)
	})
}

// Respond runs f and then the faults that act after an effect. While any fault is in force, the answer is held back
// until then.
func (c *Call) Respond(w http.ResponseWriter, f func(http.ResponseWriter, *Call) error) error {
	if !c.Account.Faults.Active() {
		return f(w, c)
	}
	held := &heldResponse{header: w.Header(), status: http.StatusOK}
	if err := f(held, c); err != nil {
		return err
	}
	if err := c.done(); err != nil {
		return err
	}
	w.WriteHeader(held.status)
	_, _ = w.Write(held.body.Bytes()) // the caller may have gone
	return nil
}

// Perform performs a call within the process, and returns the status and the body of the answer.
func Perform(s Service, c *Call) (status int, body []byte) {
	held := &heldResponse{header: http.Header{}, status: http.StatusOK}
	s.ServeAWS(held, c)
	return held.status, held.body.Bytes()
}

type heldResponse struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (h *heldResponse) Header() http.Header         { return h.header }
func (h *heldResponse) WriteHeader(status int)      { h.status = status }
func (h *heldResponse) Write(b []byte) (int, error) { return h.body.Write(b) }

// ServeAWS answers a call, or refuses a method and path that were not added.
func (r *REST) ServeAWS(w http.ResponseWriter, c *Call) {
	req := c.Request.WithContext(context.WithValue(c.Request.Context(), callKey{}, c))
	if _, pattern := r.mux.Handler(req); pattern == "" {
		writeRESTError(w, Errorf(http.StatusNotFound, "UnknownOperationException",
			"The embedded cloud does not implement %s %s", c.Method, c.URL.Path))
		return
	}
	r.mux.ServeHTTP(w, req)
}

func writeRESTError(w http.ResponseWriter, err error) {
	e := asError(err, denial(http.StatusForbidden, "AccessDeniedException"))
	fields := map[string]any{"Message": e.Message, "message": e.Message}
	maps.Copy(fields, e.Fields)
	body, err := json.Marshal(fields)
	w.Header().Set("x-amzn-ErrorType", e.Code)
	write(w, e.Status, "application/json", body, err)
}
