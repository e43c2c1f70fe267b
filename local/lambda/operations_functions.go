package lambda

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/wire"
)

// operations registers the calls of https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html that are implemented.
func (s *Service) operations() {
	const functions, mappings = "/2015-03-31/functions", "/2015-03-31/event-source-mappings"
	s.Handle("POST "+functions+"/{name}/invocations", "Invoke", s.invokeOperation)
	for _, slash := range []string{"", "/{$}"} { // SDKs differ
		wire.HandleREST(&s.REST, "GET "+functions+slash, "ListFunctions", s.listFunctions)
		wire.HandleREST(&s.REST, "GET "+mappings+slash, "ListEventSourceMappings", s.listMappings)
	}
	wire.HandleREST(&s.REST, "GET "+functions+"/{name}", "GetFunction", s.getFunction)
	wire.HandleREST(&s.REST, "GET "+functions+"/{name}/policy", "GetPolicy", s.getPolicy)
	s.Handle("POST "+functions+"/{name}/policy", "AddPermission", s.addPermissionOperation)
	s.Handle("DELETE "+functions+"/{name}/policy/{sid}", "RemovePermission", s.removePermissionOperation)
	wire.HandleREST(&s.REST, "GET /2019-09-25/functions/{name}/event-invoke-config", "GetFunctionEventInvokeConfig", s.getEventInvokeConfig)
	wire.HandleREST(&s.REST, "GET "+mappings+"/{uuid}", "GetEventSourceMapping", s.getMapping)
	s.Handle("PUT "+mappings+"/{uuid}", "UpdateEventSourceMapping", s.updateMapping)
}

// authorize parses the name of the function in the path and authorizes an action on it. f is nil if there is no such
// function.
func (s *Service) authorize(c *wire.Call, action string) (name string, f *function, err error) {
	if err := c.Only(); err != nil {
		return "", nil, err
	}
	if name, err = parseName(c.PathValue("name")); err != nil {
		return "", nil, err
	}
	f = s.function(name)
	return name, f, c.Authorize("lambda:"+action, functionARN(name), wire.With{ResourcePolicy: f.document()})
}

// open is authorize for operations that need the function to exist.
func (s *Service) open(c *wire.Call, action string) (*function, error) {
	name, f, err := s.authorize(c, action)
	if err == nil && f == nil {
		err = functionNotFound(name)
	}
	return f, err
}

type configurationOutput struct {
	*FunctionArgs
	State, LastUpdateStatus, PackageType string
}

func (f *function) configuration() *configurationOutput {
	st := f.state()
	st.LoggingConfig = &LoggingConfig{st.LoggingConfig.LogFormat, &f.current.Load().logGroup}
	return &configurationOutput{st, "Active", "Successful", "Zip"}
}

func (s *Service) listFunctions(c *wire.Call) (wire.Object, error) {
	if err := c.Only("MaxItems"); err != nil {
		return nil, err
	}
	if err := c.Authorize("lambda:ListFunctions", "*"); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return wire.Object{"Functions": wire.List(s.functions, (*function).configuration)}, nil
}

func (s *Service) getFunction(c *wire.Call) (wire.Object, error) {
	f, err := s.open(c, "GetFunction")
	if err != nil {
		return nil, err
	}
	in := &f.current.Load().args
	out := wire.Object{"Configuration": f.configuration()}.With(wire.Object{"Tags": in.Tags})
	if reserved := *in.ReservedConcurrentExecutions; reserved >= 0 {
		out["Concurrency"] = wire.Object{"ReservedConcurrentExecutions": reserved}
	}
	return out, nil
}

type eventInvokeConfigOutput struct {
	*EventInvokeConfigArgs
	FunctionARN string `json:"FunctionArn"` // with the qualifier
}

func (s *Service) getEventInvokeConfig(c *wire.Call) (*eventInvokeConfigOutput, error) {
	f, err := s.open(c, "GetFunctionEventInvokeConfig")
	if err != nil {
		return nil, err
	}
	set := f.events.Load()
	if set == nil {
		return nil, notFound("The function %s:%s doesn't have an EventInvokeConfig", f.arn(), latest)
	}
	return &eventInvokeConfigOutput{set, f.arn() + ":" + latest}, nil
}

func mappingARN(uuid string) string { return account.ARN("lambda", "event-source-mapping:"+uuid) }

// mappingOutput is EventSourceMappingConfiguration. Its times are seconds since 1970.
type mappingOutput struct {
	*MappingArgs
	StartingPositionTimestamp float64 `json:",omitempty"`
	LastModified              float64
}

func (m *mapping) output() *mappingOutput {
	out := &mappingOutput{MappingArgs: m.resource()}
	if at, err := time.Parse(time.RFC3339, value(out.MappingArgs.StartingPositionTimestamp, "")); err == nil {
		out.StartingPositionTimestamp = float64(at.UnixMilli()) / 1000
	}
	out.LastModified = float64(m.settings.Load().modified.UnixMilli()) / 1000
	return out
}

func (s *Service) listMappings(c *wire.Call) (wire.Object, error) {
	if err := c.Only("EventSourceArn", "FunctionName", "MaxItems"); err != nil {
		return nil, err
	}
	if err := c.Authorize("lambda:ListEventSourceMappings", "*"); err != nil {
		return nil, err
	}
	source, function := c.URL.Query().Get("EventSourceArn"), c.URL.Query().Get("FunctionName")
	s.mu.RLock()
	mappings := slices.SortedFunc(maps.Values(s.mappings), func(a, b *mapping) int { return cmp.Compare(a.uuid, b.uuid) })
	s.mu.RUnlock() // a mapping that is locked may lock the service
	list := []*mappingOutput{}
	for _, m := range mappings {
		out := m.output()
		if (source == "" || source == out.EventSourceARN) && (function == "" || function == out.FunctionARN || functionARN(function) == out.FunctionARN) {
			list = append(list, out)
		}
	}
	return wire.Object{"EventSourceMappings": list}, nil
}

// openMapping authorizes the operation on the mapping in the path.
func (s *Service) openMapping(c *wire.Call) (*mapping, error) {
	id := c.PathValue("uuid")
	if err := c.Authorize("lambda:"+c.Operation, mappingARN(id)); err != nil {
		return nil, err
	}
	return s.mapping(id)
}

func (s *Service) getMapping(c *wire.Call) (*mappingOutput, error) {
	m, err := s.openMapping(c)
	if err != nil {
		return nil, err
	}
	return m.output(), nil
}

// updateMapping pauses and resumes a mapping. Pulumi changes its other settings.
// https://docs.aws.amazon.com/lambda/latest/api/API_UpdateEventSourceMapping.html
func (s *Service) updateMapping(w http.ResponseWriter, c *wire.Call) error {
	m, err := s.openMapping(c)
	if err != nil {
		return err
	}
	var in struct{ Enabled *bool }
	if err := c.DecodeJSON(&in); err != nil {
		return err
	}
	if in.Enabled != nil {
		if err := m.enable(*in.Enabled); err != nil {
			return err
		}
	}
	writeJSON(w, http.StatusAccepted, m.output())
	return nil
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the caller may have gone
}
