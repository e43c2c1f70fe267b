package apigateway

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/order-patterns/order-patterns/local/policy"
)

// definition is an API as its OpenAPI document describes it, ready to serve. It never changes: a deployment keeps the
// one that the API had at the time.
type definition struct {
	rootID    string            // of the resource "/"
	resources []*resource       // in the order in which requests are compared with them
	variables map[string]string // names of path variables, by the path before them and their kind
	methods   []*method
	policy    *policy.Document            // the API's resource policy; nil for none
	responses map[string]*gatewayResponse // by type
}

type method struct {
	verb        string
	resource    *resource
	keyRequired bool            // an API key
	authorizer  authorizer      // nil for none
	required    []parameter     // those that a request must have
	model       *model          // of JSON bodies; nil where bodies are not validated
	statuses    map[string]bool // of its responses
	integration integration
}

// parse reads an OpenAPI document. The error lists everything in it that API Gateway or the embedded cloud refuses.
func (s *Service) parse(apiID, text string) (*definition, error) {
	d := &definition{
		rootID: resourceID(apiID, "/", 10), variables: map[string]string{}, responses: map[string]*gatewayResponse{},
	}
	r := &reader{actions: s.Actions, definition: d, schemes: map[string]authorizer{}, validators: map[string]validator{}}
	if text != "" {
		r.document(text)
	}
	if len(r.problems) > 0 {
		return nil, badRequest("Errors found during import:\n%v", errors.Join(r.problems...))
	}
	return d, nil
}

// reader decodes the parts of a document and collects every problem with its place.
type reader struct {
	actions    map[string]Actions
	definition *definition
	validators map[string]validator
	validator  string                // of methods that name none; may be empty
	schemes    map[string]authorizer // by the names of the security schemes; nil for API keys
	compiler   *jsonschema.Compiler
	problems   []error
}

func (r *reader) document(text string) {
	var doc document
	if !r.object("body", json.RawMessage(text), &doc) {
		return
	}
	if !strings.HasPrefix(doc.OpenAPI, "3.0.") {
		r.failf("openapi", "must be a version 3.0.x, got %q", doc.OpenAPI)
	}
	// API Gateway ignores it, and the API would be open:
	// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
	if len(doc.Security) > 0 {
		r.failf("security", "API Gateway ignores it at the root of a document: each operation needs its own")
	}
	for name, raw := range sorted(doc.Validators) {
		var v validator
		r.object("x-amazon-apigateway-request-validators."+name, raw, &v)
		r.validators[name] = v
	}
	r.checks("", doc.Validator)
	r.validator = doc.Validator
	for kind, raw := range sorted(doc.GatewayResponses) {
		r.definition.responses[kind] = r.gatewayResponse("x-amazon-apigateway-gateway-responses."+kind, raw)
	}
	if doc.Components != nil {
		var parts components
		r.object("components", doc.Components, &parts)
		for name, raw := range sorted(parts.SecuritySchemes) {
			r.schemes[name] = r.securityScheme("components.securitySchemes."+name, name, raw)
		}
	}
	var err error
	if r.compiler, err = newCompiler(text); err != nil {
		r.failf("body", "%v", err)
		return
	}
	for path, raw := range sorted(doc.Paths) {
		if !foreignExtension(path) {
			r.path(path, raw)
		}
	}
}

// sorted iterates over a map by name, so that problems have the same order each time.
func sorted[T any](m map[string]T) func(yield func(string, T) bool) {
	return func(yield func(string, T) bool) {
		for _, name := range slices.Sorted(maps.Keys(m)) {
			if !yield(name, m[name]) {
				return
			}
		}
	}
}

func (r *reader) path(path string, raw json.RawMessage) {
	at := "paths." + path
	res, err := r.definition.addResource(path)
	if err != nil {
		r.failf(at, "%v", err)
		return
	}
	var members map[string]json.RawMessage
	if !r.object(at, raw, &pathItem{}) || json.Unmarshal(raw, &members) != nil {
		return
	}
	for name, raw := range sorted(members) {
		var op operation
		if verb := verbs[name]; verb != "" && r.object(at+"."+name, raw, &op) {
			m := &method{verb: verb, resource: res, statuses: map[string]bool{}}
			r.method(at+"."+name, pointer("paths", path, name), m, &op)
			res.methods[verb] = m
			r.definition.methods = append(r.definition.methods, m)
		}
	}
}

// checks returns what the validator of a name checks: nothing if the name is empty.
func (r *reader) checks(at, name string) validator {
	v, ok := r.validators[name]
	if !ok && name != "" {
		r.failf(at+"x-amazon-apigateway-request-validator", "there is no validator %q", name)
	}
	return v
}

// method reads an operation. at names its place in messages, location is its JSON pointer.
func (r *reader) method(at, location string, m *method, op *operation) {
	checks := r.checks(at+".", cmp.Or(op.Validator, r.validator))
	for i, raw := range op.Parameters {
		var p parameter
		pAt := fmt.Sprintf("%s.parameters[%d]", at, i)
		if !r.object(pAt, raw, &p) {
			continue
		}
		if p.In != "query" && p.In != "path" && p.In != "header" {
			r.failf(pAt, "in: %q is not supported, only query, path and header", p.In)
		}
		if p.Required && checks.Parameters {
			m.required = append(m.required, p)
		}
	}
	if op.RequestBody != nil {
		if body := r.requestBody(at+".requestBody", location, op.RequestBody); checks.Body {
			m.model = body
		}
	}
	r.security(at, m, op.Security)
	for status, raw := range sorted(op.Responses) {
		m.statuses[status] = r.object(at+".responses."+status, raw, &methodResponse{})
	}
	if op.Integration == nil {
		r.failf(at, "No integration defined")
		return
	}
	m.integration = r.integration(at+".x-amazon-apigateway-integration", op.Integration, m)
}

// requestBody reads the model of an operation's JSON bodies. Bodies of another media type are not validated.
func (r *reader) requestBody(at, location string, raw json.RawMessage) *model {
	var body requestBody
	r.object(at, raw, &body)
	raw, ok := forJSON(r, at+".content", body.Content)
	at += ".content." + jsonType
	var content mediaType
	if !ok || !r.object(at, raw, &content) || content.Schema == nil {
		return nil
	}
	m, err := compileModel(r.compiler, location+pointer("requestBody", "content", jsonType, "schema"))
	if err != nil {
		r.failf(at+".schema", "%v", err)
	}
	return m
}

// pointer is a JSON pointer (RFC 6901).
func pointer(tokens ...string) string {
	var b strings.Builder
	for _, t := range tokens {
		b.WriteString("/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(t))
	}
	return b.String()
}
