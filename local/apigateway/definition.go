package apigateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/order-patterns/order-patterns/local/wire"
)

// definition is an API as its OpenAPI document describes it, ready to serve. It never changes: a deployment keeps
// the one that the API had at the time.
type definition struct {
	document  string
	root      *resource
	methods   []*method
	responses map[string]*gatewayResponse // by type
	binary    mediaTypes
	closed    bool // the API's default endpoint is disabled
}

// method is one verb on one resource.
type method struct {
	verb        string
	resource    *resource
	keyRequired bool              // an API key
	required    []parameter       // those that a request must have
	models      map[string]*model // of bodies, by media type; nil where bodies are not validated
	responses   map[string]methodResponse
	integration integration
}

// parse reads an OpenAPI document. The error lists everything in it that API Gateway or the embedded cloud refuses.
func (s *Service) parse(apiID, text string) (*definition, error) {
	r := &reader{actions: s.actions}
	d := r.definition(apiID, text)
	if len(r.faults) > 0 {
		return nil, badRequest("Errors found during import:\n%v", errors.Join(r.faults...))
	}
	return d, nil
}

func badRequest(format string, args ...any) error {
	return wire.Errorf(http.StatusBadRequest, "BadRequestException", format, args...)
}

func (r *reader) definition(apiID, text string) *definition {
	d := &definition{document: text, root: newResource(apiID, "/"), responses: map[string]*gatewayResponse{}}
	if text == "" {
		return d
	}
	var doc document
	if !r.object("body", json.RawMessage(text), &doc) {
		return d
	}
	if !strings.HasPrefix(doc.OpenAPI, "3.0.") {
		r.failf("openapi", "must be a version 3.0.x, got %q", doc.OpenAPI)
	}
	d.binary = doc.BinaryMediaTypes
	r.rootSecurity(doc.Security)
	r.keySource("x-amazon-apigateway-api-key-source", doc.KeySource)
	c := &methodReader{reader: r, definition: d, validators: map[string]validator{}, validator: doc.Validator, schemes: map[string]bool{}}
	for _, name := range slices.Sorted(maps.Keys(doc.Validators)) {
		var v validator
		r.object("x-amazon-apigateway-request-validators."+name, doc.Validators[name], &v)
		c.validators[name] = v
	}
	for _, kind := range slices.Sorted(maps.Keys(doc.GatewayResponses)) {
		d.responses[kind] = r.gatewayResponse("x-amazon-apigateway-gateway-responses."+kind, kind, doc.GatewayResponses[kind])
	}
	if doc.Components != nil {
		var parts components
		r.object("components", doc.Components, &parts)
		for _, name := range slices.Sorted(maps.Keys(parts.Schemas)) {
			r.schema("components.schemas."+name, parts.Schemas[name])
		}
		for _, name := range slices.Sorted(maps.Keys(parts.SecuritySchemes)) {
			r.securityScheme("components.securitySchemes."+name, parts.SecuritySchemes[name])
			c.schemes[name] = true
		}
	}
	root, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		r.failf("body", "%v", err)
		return d
	}
	c.compiler = jsonschema.NewCompiler()
	c.compiler.DefaultDraft(jsonschema.Draft4)
	if err := c.compiler.AddResource(documentURL, root); err != nil {
		r.failf("body", "%v", err)
		return d
	}
	for _, path := range slices.Sorted(maps.Keys(doc.Paths)) {
		if !foreignExtension(path) {
			c.path(path, doc.Paths[path])
		}
	}
	return d
}

// methodReader reads the paths of a document.
type methodReader struct {
	*reader
	definition *definition
	validators map[string]validator
	validator  string // of methods that name none
	schemes    map[string]bool
	compiler   *jsonschema.Compiler
}

func (r *methodReader) path(path string, raw json.RawMessage) {
	at := "paths." + path
	res, err := r.definition.root.add(r.definition.root.id, path)
	if err != nil {
		r.failf(at, "%v", err)
		return
	}
	var item pathItem
	if !r.object(at, raw, &item) {
		return
	}
	operations := item.operations()
	for _, verb := range slices.Sorted(maps.Keys(operations)) {
		name := strings.ToLower(verb)
		if verb == anyMethod {
			name = "x-amazon-apigateway-any-method"
		}
		var op operation
		if r.object(at+"."+name, operations[verb], &op) {
			m := &method{verb: verb, resource: res}
			r.method(at+"."+name, pointer("paths", path, name), m, slices.Concat(item.Parameters, op.Parameters), &op)
			res.methods[verb] = m
			r.definition.methods = append(r.definition.methods, m)
		}
	}
}

func (r *methodReader) method(at, location string, m *method, parameters []json.RawMessage, op *operation) {
	name := r.validator
	if op.Validator != nil {
		name = *op.Validator
	}
	checks, ok := r.validators[name]
	if name != "" && !ok {
		r.failf(at, "x-amazon-apigateway-request-validator: there is no validator %q", name)
	}
	for i, raw := range parameters {
		var p parameter
		pAt := fmt.Sprintf("%s.parameters[%d]", at, i)
		if !r.object(pAt, raw, &p) {
			continue
		}
		if p.In != "query" && p.In != "path" && p.In != "header" {
			r.failf(pAt, "in: %q is not supported, only query, path and header", p.In)
		}
		if p.In == "path" && !strings.Contains(m.resource.path+"/", "/{"+p.Name+"}/") && !strings.HasSuffix(m.resource.path, "{"+p.Name+"+}") {
			r.failf(pAt, "the path has no variable %q", p.Name)
		}
		if p.Required && checks.Parameters {
			m.required = append(m.required, p)
		}
	}
	if op.RequestBody != nil {
		models := r.models(at+".requestBody", location+"/requestBody", op.RequestBody)
		if checks.Body {
			m.models = models
		}
	}
	m.keyRequired = r.keyRequired(at, op.Security)
	m.responses = map[string]methodResponse{}
	for _, status := range slices.Sorted(maps.Keys(op.Responses)) {
		var mr methodResponse
		if r.object(at+".responses."+status, op.Responses[status], &mr) {
			m.responses[status] = mr
		}
	}
	if op.Integration != nil {
		m.integration = r.integration(at+".x-amazon-apigateway-integration", op.Integration, m)
	}
}

func (r *methodReader) models(at, location string, raw json.RawMessage) map[string]*model {
	models := map[string]*model{}
	var body requestBody
	r.object(at, raw, &body)
	for _, media := range slices.Sorted(maps.Keys(body.Content)) {
		var content mediaType
		mAt := at + ".content." + media
		if !r.object(mAt, body.Content[media], &content) || content.Schema == nil {
			continue
		}
		if !r.schema(mAt+".schema", content.Schema) {
			continue
		}
		m, err := compileModel(r.compiler, location+pointer("content", media, "schema"))
		if err != nil {
			r.failf(mAt+".schema", "%v", err)
			continue
		}
		models[strings.ToLower(media)] = m
	}
	return models
}

// deployable tells whether the definition can be deployed, with the errors of CreateDeployment.
func (d *definition) deployable() error {
	if len(d.methods) == 0 {
		return badRequest("The REST API doesn't contain any methods")
	}
	for _, m := range d.methods {
		if m.integration == nil {
			return badRequest("No integration defined for method: %s %s", m.verb, m.resource.path)
		}
	}
	return nil
}

// pointer is a JSON pointer (RFC 6901).
func pointer(tokens ...string) string {
	var b strings.Builder
	for _, t := range tokens {
		b.WriteString("/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(t))
	}
	return b.String()
}

// strictJSON decodes exactly one JSON value.
func strictJSON(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("text after the JSON value")
	}
	return nil
}
