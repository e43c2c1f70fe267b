package lambda

import (
	"encoding/base64"
	"net/http"
	"strconv"

	"github.com/order-patterns/order-patterns/local/wire"
)

func (s *Service) invokeOperation(w http.ResponseWriter, c *wire.Call) error {
	if err := query(c, "Qualifier"); err != nil {
		return err
	}
	ref, f, err := s.reference(c, "lambda:InvokeFunction")
	if err != nil {
		return err
	}
	w.Header().Set("X-Amz-Executed-Version", latest)
	switch kind := c.Header.Get("X-Amz-Invocation-Type"); kind {
	case "", "RequestResponse":
		return s.invokeSync(w, c, ref, f)
	case "Event":
		if f == nil {
			return functionNotFound(ref.arn)
		}
		if err := checkEvent(c.Body, maxAsyncPayload); err != nil {
			return err
		}
		s.queueEvent(f, event{id: c.RequestID, arn: ref.arn, payload: c.Body, limit: maxAsyncPayload, trace: c.Header.Get("X-Amzn-Trace-Id")})
		w.WriteHeader(http.StatusAccepted)
		return nil
	case "DryRun":
		if f == nil {
			return functionNotFound(ref.arn)
		}
		w.WriteHeader(http.StatusNoContent)
		return nil
	default:
		return invalidParameter("InvocationType must be RequestResponse, Event or DryRun, got %q", kind)
	}
}

func (s *Service) invokeSync(w http.ResponseWriter, c *wire.Call, ref reference, f *function) error {
	clientContext, err := base64.StdEncoding.DecodeString(c.Header.Get("X-Amz-Client-Context"))
	if err != nil {
		return wire.Errorf(http.StatusBadRequest, "InvalidRequestContentException", "Client context must be a valid Base64-encoded JSON object.")
	}
	ev := event{
		id: c.RequestID, arn: ref.arn, payload: c.Body, limit: maxSyncPayload, trace: c.Header.Get("X-Amzn-Trace-Id"),
		clientContext: string(clientContext), tail: c.Header.Get("X-Amz-Log-Type") == "Tail",
	}
	inv, err := s.submit(f, ev)
	if err != nil {
		return err
	}
	if err := inv.wait(c.Context()); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("X-Amzn-Trace-Id", inv.trace.header)
	if inv.failed {
		h.Set("X-Amz-Function-Error", Unhandled)
	}
	if inv.tail != nil {
		h.Set("X-Amz-Log-Result", base64.StdEncoding.EncodeToString(inv.tail.text))
	}
	h.Set("Content-Length", strconv.Itoa(len(inv.response)))
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(inv.response) // the caller may have gone
	return nil
}
