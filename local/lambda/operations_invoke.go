package lambda

import (
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/order-patterns/order-patterns/local/wire"
)

// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
func (s *Service) invokeOperation(w http.ResponseWriter, c *wire.Call) error {
	name, f, err := s.authorize(c, "InvokeFunction")
	if err != nil {
		s.countThrottle(name, err)
		return err
	}
	if c.Header.Get("X-Amz-Client-Context") != "" {
		return wire.Unsupported("client contexts")
	}
	if c.Header.Get("X-Amz-Log-Type") == "Tail" {
		return wire.Unsupported("the log in the answer of an invocation")
	}
	h := w.Header()
	h.Set("X-Amz-Executed-Version", latest)
	ev := event{id: c.RequestID, arn: functionARN(name), payload: c.Body, limit: maxSyncPayload, trace: c.Header.Get("X-Amzn-Trace-Id")}
	switch kind := c.Header.Get("X-Amz-Invocation-Type"); kind {
	case "", "RequestResponse":
	case "Event":
		if f == nil {
			return functionNotFound(name)
		}
		ev.limit = maxAsyncPayload
		if err := checkEvent(ev.payload, ev.limit); err != nil {
			return err
		}
		s.queueEvent(f, ev)
		w.WriteHeader(http.StatusAccepted)
		return nil
	default:
		return wire.Unsupported("the invocation type %q", kind)
	}

	inv, err := s.invoke(c.Context(), f, ev)
	if err != nil {
		return err
	}
	h.Set("Content-Type", "application/json")
	h.Set("X-Amzn-Trace-Id", inv.trace.header)
	if inv.failed {
		h.Set("X-Amz-Function-Error", Unhandled)
	}
	h.Set("Content-Length", strconv.Itoa(len(inv.response)))
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(inv.response) // the caller may have gone
	return nil
}

type getPolicyOutput struct{ Policy string }

func (s *Service) getPolicy(c *wire.Call) (*getPolicyOutput, error) {
	f, err := s.open(c, "GetPolicy")
	if err != nil {
		return nil, err
	}
	p := f.policy.Load()
	if p == nil {
		return nil, notFound("The resource you requested does not exist.")
	}
	return &getPolicyOutput{p.text}, nil
}

// https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html
func (s *Service) addPermissionOperation(w http.ResponseWriter, c *wire.Call) error {
	f, err := s.open(c, "AddPermission")
	if err != nil {
		return err
	}
	var in PermissionArgs
	if err := c.DecodeJSON(&in); err != nil {
		return err
	}
	if err := in.validate(); err != nil {
		return err
	}
	in.Function = f.name
	if err := s.addPermission(f.name, in); err != nil {
		return err
	}
	text, _ := json.Marshal(in.statement(f)) // strings
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	_ = json.NewEncoder(w).Encode(struct{ Statement string }{string(text)}) // the caller may have gone
	return nil
}

// https://docs.aws.amazon.com/lambda/latest/api/API_RemovePermission.html
func (s *Service) removePermissionOperation(w http.ResponseWriter, c *wire.Call) error {
	f, err := s.open(c, "RemovePermission")
	if err != nil {
		return err
	}
	if err := s.removePermission(f.name, c.PathValue("sid")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
