package apigateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// document is an OpenAPI 3.0 document. Members that the struct lacks are refused by name, so that no document seems to
// work here that AWS would serve differently. Members tagged as ignored mean nothing to a gateway.
type document struct {
	_                struct{}                   `ignored:"info servers tags externalDocs"`
	OpenAPI          string                     `json:"openapi"`
	Paths            map[string]json.RawMessage `json:"paths"`
	Components       json.RawMessage            `json:"components"`
	Security         requirements               `json:"security"`
	Validators       map[string]json.RawMessage `json:"x-amazon-apigateway-request-validators"`
	Validator        string                     `json:"x-amazon-apigateway-request-validator"`
	GatewayResponses map[string]json.RawMessage `json:"x-amazon-apigateway-gateway-responses"`
}

type components struct {
	_               struct{}                   `ignored:"schemas"` // those that are used are compiled
	SecuritySchemes map[string]json.RawMessage `json:"securitySchemes"`
}

type validator struct {
	Body       bool `json:"validateRequestBody"`
	Parameters bool `json:"validateRequestParameters"`
}

type pathItem struct {
	_ struct{} `ignored:"summary description servers get put post delete options head patch"`
}

type operation struct {
	_           struct{}                   `ignored:"operationId summary description tags externalDocs deprecated servers"`
	Parameters  []json.RawMessage          `json:"parameters"`
	RequestBody json.RawMessage            `json:"requestBody"`
	Responses   map[string]json.RawMessage `json:"responses"`
	Security    requirements               `json:"security"`
	Validator   string                     `json:"x-amazon-apigateway-request-validator"`
	Integration json.RawMessage            `json:"x-amazon-apigateway-integration"`
}

// parameter is one of a request. Its schema is documentation: API Gateway checks only that a required one is there.
type parameter struct {
	_        struct{} `ignored:"description deprecated example schema"`
	Name     string   `json:"name"`
	In       string   `json:"in"` // "query", "path" or "header"
	Required bool     `json:"required"`
}

type requestBody struct {
	_       struct{}                   `ignored:"description required"`
	Content map[string]json.RawMessage `json:"content"`
}

type mediaType struct {
	_      struct{}        `ignored:"example examples"`
	Schema json.RawMessage `json:"schema"`
}

type methodResponse struct {
	_ struct{} `ignored:"description content headers"`
}

func (r *reader) failf(at, format string, args ...any) {
	r.problems = append(r.problems, fmt.Errorf("%s: %s", at, fmt.Sprintf(format, args...)))
}

// object decodes a JSON object into a struct and refuses members that the struct lacks. Extensions are ignored, as
// API Gateway does, except its own.
func (r *reader) object(at string, raw json.RawMessage, into any) bool {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		r.failf(at, "must be a JSON object: %v", err)
		return false
	}
	known := map[string]bool{}
	for _, f := range reflect.VisibleFields(reflect.TypeOf(into).Elem()) {
		known[f.Tag.Get("json")] = true
		for name := range strings.FieldsSeq(f.Tag.Get("ignored")) {
			known[name] = true
		}
	}
	for name := range sorted(members) {
		if !known[name] && !foreignExtension(name) {
			r.failf(at, "%s is not supported by the embedded cloud", name)
		}
	}
	if err := json.Unmarshal(raw, into); err != nil {
		if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			err = fmt.Errorf("%s cannot be a JSON %s", wrong.Field, wrong.Value)
		}
		r.failf(at, "%v", err)
		return false
	}
	return true
}

// forJSON returns the value of the media type application/json, and refuses others.
func forJSON[T any](r *reader, at string, byMediaType map[string]T) (value T, ok bool) {
	for media := range sorted(byMediaType) {
		if media != jsonType {
			r.failf(at+"."+media, "the media type is not supported by the embedded cloud, only %s", jsonType)
		}
	}
	value, ok = byMediaType[jsonType]
	return value, ok
}

func foreignExtension(name string) bool {
	return strings.HasPrefix(name, "x-") && !strings.HasPrefix(name, "x-amazon-apigateway-")
}

const documentURL = "https://embedded.invalid/openapi.json"

// model is a JSON schema of draft 4 that request bodies must meet:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-request-validation.html
type model struct{ schema *jsonschema.Schema }

func newCompiler(document string) (*jsonschema.Compiler, error) {
	root, err := jsonschema.UnmarshalJSON(strings.NewReader(document))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft4)
	return c, c.AddResource(documentURL, root)
}

func compileModel(c *jsonschema.Compiler, location string) (*model, error) {
	s, err := c.Compile(documentURL + "#" + location)
	if err != nil {
		return nil, fmt.Errorf("is not a JSON schema of draft 4: %w", err)
	}
	return &model{schema: s}, nil
}

// hugeNumber matches strings, and numbers whose arithmetic would take unreasonable time.
var hugeNumber = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|\d[eE][+-]?0*[1-9]\d{3,}`)

func (m *model) accepts(body []byte) bool {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	isNumber := func(match []byte) bool { return match[0] != '"' }
	return err == nil && !slices.ContainsFunc(hugeNumber.FindAll(body, -1), isNumber) && m.schema.Validate(value) == nil
}
