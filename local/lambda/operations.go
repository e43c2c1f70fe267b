package lambda

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/wire"
)

// operations are the calls of https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html that are answered here.
func (s *Service) operations() {
	const functions = "/2015-03-31/functions"
	s.rest.Handle("POST "+functions+"/{name}/invocations", "Invoke", s.invokeOperation)
	wire.HandleREST(&s.rest, "GET "+functions, "ListFunctions", s.listFunctions)
	wire.HandleREST(&s.rest, "GET "+functions+"/{$}", "ListFunctions", s.listFunctions)
	wire.HandleREST(&s.rest, "GET "+functions+"/{name}", "GetFunction", s.getFunction)
	wire.HandleREST(&s.rest, "GET "+functions+"/{name}/configuration", "GetFunctionConfiguration", s.getFunctionConfiguration)
	wire.HandleREST(&s.rest, "GET "+functions+"/{name}/policy", "GetPolicy", s.getPolicy)
	s.rest.Handle("POST "+functions+"/{name}/policy", "AddPermission", s.addPermissionOperation)
	s.rest.Handle("DELETE "+functions+"/{name}/policy/{sid}", "RemovePermission", s.removePermissionOperation)
	wire.HandleREST(&s.rest, "GET /2019-09-30/functions/{name}/concurrency", "GetFunctionConcurrency", s.getFunctionConcurrency)
	wire.HandleREST(&s.rest, "GET /2019-09-25/functions/{name}/event-invoke-config", "GetFunctionEventInvokeConfig", s.getEventInvokeConfig)
	wire.HandleREST(&s.rest, "GET /2019-09-25/functions/{name}/event-invoke-config/list", "ListFunctionEventInvokeConfigs", s.listEventInvokeConfigs)
	wire.HandleREST(&s.rest, "GET /2017-03-31/tags/{arn}", "ListTags", s.listTags)
	wire.HandleREST(&s.rest, "GET /2015-03-31/event-source-mappings", "ListEventSourceMappings", s.listMappings)
	wire.HandleREST(&s.rest, "GET /2015-03-31/event-source-mappings/{$}", "ListEventSourceMappings", s.listMappings)
	wire.HandleREST(&s.rest, "GET /2015-03-31/event-source-mappings/{uuid}", "GetEventSourceMapping", s.getMapping)
}

// query refuses parameters in the query string other than those named.
func query(c *wire.Call, known ...string) error {
	for name := range c.URL.Query() {
		if !slices.Contains(known, name) {
			return wire.Unsupported("the parameter %q of %s", name, c.Operation)
		}
	}
	return nil
}

// reference reads which function a call is about and authorizes the action on it.
func (s *Service) reference(c *wire.Call, action string) (reference, *function, error) {
	ref, err := parseReference(c.PathValue("name"), c.URL.Query().Get("Qualifier"))
	if err != nil {
		return ref, nil, err
	}
	f := s.function(ref.name)
	var opts []wire.Option
	if f != nil {
		opts = append(opts, wire.WithResourcePolicy(f.document()))
	}
	return ref, f, c.Authorize(action, ref.arn, opts...)
}

// open is reference for operations that need the function to exist.
func (s *Service) open(c *wire.Call, action string, known ...string) (*function, error) {
	if err := query(c, append(known, "Qualifier")...); err != nil {
		return nil, err
	}
	ref, f, err := s.reference(c, action)
	if err == nil && f == nil {
		err = functionNotFound(ref.arn)
	}
	return f, err
}

type listFunctionsOutput struct{ Functions []*configurationOutput }

func (s *Service) listFunctions(c *wire.Call) (*listFunctionsOutput, error) {
	if err := query(c, "MaxItems", "FunctionVersion"); err != nil {
		return nil, err
	}
	if err := c.Authorize("lambda:ListFunctions", "*"); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := &listFunctionsOutput{Functions: []*configurationOutput{}}
	for _, name := range slices.Sorted(maps.Keys(s.functions)) {
		out.Functions = append(out.Functions, s.functions[name].current.Load().output())
	}
	return out, nil
}

type getFunctionOutput struct {
	Configuration *configurationOutput
	Tags          map[string]string  `json:",omitempty"`
	Concurrency   *concurrencyOutput `json:",omitempty"`
}

func (s *Service) getFunction(c *wire.Call) (*getFunctionOutput, error) {
	f, err := s.open(c, "lambda:GetFunction")
	if err != nil {
		return nil, err
	}
	rev := f.current.Load()
	out := &getFunctionOutput{Configuration: rev.output(), Tags: rev.args.Tags}
	if rev.config.reserved >= 0 {
		out.Concurrency = &concurrencyOutput{&rev.config.reserved}
	}
	return out, nil
}

func (s *Service) getFunctionConfiguration(c *wire.Call) (*configurationOutput, error) {
	f, err := s.open(c, "lambda:GetFunctionConfiguration")
	if err != nil {
		return nil, err
	}
	return f.current.Load().output(), nil
}

type concurrencyOutput struct {
	ReservedConcurrentExecutions *int `json:",omitempty"`
}

func (s *Service) getFunctionConcurrency(c *wire.Call) (*concurrencyOutput, error) {
	f, err := s.open(c, "lambda:GetFunctionConcurrency")
	if err != nil {
		return nil, err
	}
	if r := f.current.Load().config.reserved; r >= 0 {
		return &concurrencyOutput{&r}, nil
	}
	return &concurrencyOutput{}, nil
}

type listTagsOutput struct{ Tags map[string]string }

func (s *Service) listTags(c *wire.Call) (*listTagsOutput, error) {
	c.SetPathValue("name", c.PathValue("arn"))
	f, err := s.open(c, "lambda:ListTags")
	if err != nil {
		return nil, err
	}
	return &listTagsOutput{f.current.Load().args.Tags}, nil
}

type getPolicyOutput struct {
	Policy     string
	RevisionID string `json:"RevisionId"`
}

func (s *Service) getPolicy(c *wire.Call) (*getPolicyOutput, error) {
	f, err := s.open(c, "lambda:GetPolicy")
	if err != nil {
		return nil, err
	}
	p := f.policy.Load()
	if p == nil {
		return nil, wire.Errorf(http.StatusNotFound, "ResourceNotFoundException", "The resource you requested does not exist.")
	}
	return &getPolicyOutput{p.text, p.revision}, nil
}

func (s *Service) addPermissionOperation(w http.ResponseWriter, c *wire.Call) error {
	f, err := s.open(c, "lambda:AddPermission")
	if err != nil {
		return err
	}
	var in permission
	if err := c.DecodeJSON(&in); err != nil {
		return err
	}
	st, err := s.addPermission(f.name, in)
	if err != nil {
		return err
	}
	text, err := json.Marshal(st)
	if err != nil {
		return fmt.Errorf("rendering a statement: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	_ = json.NewEncoder(w).Encode(struct{ Statement string }{string(text)}) // the caller may have gone
	return nil
}

func (s *Service) removePermissionOperation(w http.ResponseWriter, c *wire.Call) error {
	f, err := s.open(c, "lambda:RemovePermission")
	if err != nil {
		return err
	}
	if err := s.removePermission(f.name, c.PathValue("sid")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func mappingARN(uuid string) string { return account.ARN("lambda", "event-source-mapping:"+uuid) }
