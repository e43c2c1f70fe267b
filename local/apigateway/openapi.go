package apigateway

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// document is an OpenAPI 3.0 document: the members that are understood, or that say nothing to a gateway. Members
// that it lacks are refused by name, so that no document seems to work here that AWS would serve differently.
type document struct {
	OpenAPI          string                     `json:"openapi"`
	Info             json.RawMessage            `json:"info"`
	Servers          json.RawMessage            `json:"servers"`
	Tags             json.RawMessage            `json:"tags"`
	ExternalDocs     json.RawMessage            `json:"externalDocs"`
	Paths            map[string]json.RawMessage `json:"paths"`
	Components       json.RawMessage            `json:"components"`
	Validators       map[string]json.RawMessage `json:"x-amazon-apigateway-request-validators"`
	Validator        string                     `json:"x-amazon-apigateway-request-validator"`
	GatewayResponses map[string]json.RawMessage `json:"x-amazon-apigateway-gateway-responses"`
	BinaryMediaTypes []string                   `json:"x-amazon-apigateway-binary-media-types"`
}

type components struct {
	Schemas map[string]json.RawMessage `json:"schemas"`
}

type validator struct {
	Body       bool `json:"validateRequestBody"`
	Parameters bool `json:"validateRequestParameters"`
}

type pathItem struct {
	Summary     string            `json:"summary"`
	Description string            `json:"description"`
	Parameters  []json.RawMessage `json:"parameters"`
	Get         json.RawMessage   `json:"get"`
	Put         json.RawMessage   `json:"put"`
	Post        json.RawMessage   `json:"post"`
	Delete      json.RawMessage   `json:"delete"`
	Options     json.RawMessage   `json:"options"`
	Head        json.RawMessage   `json:"head"`
	Patch       json.RawMessage   `json:"patch"`
	Any         json.RawMessage   `json:"x-amazon-apigateway-any-method"`
}

func (p *pathItem) operations() map[string]json.RawMessage {
	all := map[string]json.RawMessage{
		"GET": p.Get, "PUT": p.Put, "POST": p.Post, "DELETE": p.Delete, "OPTIONS": p.Options, "HEAD": p.Head,
		"PATCH": p.Patch, anyMethod: p.Any,
	}
	maps.DeleteFunc(all, func(_ string, op json.RawMessage) bool { return op == nil })
	return all
}

type operation struct {
	OperationID  string                     `json:"operationId"`
	Summary      string                     `json:"summary"`
	Description  string                     `json:"description"`
	Tags         []string                   `json:"tags"`
	ExternalDocs json.RawMessage            `json:"externalDocs"`
	Deprecated   bool                       `json:"deprecated"`
	Servers      json.RawMessage            `json:"servers"`
	Parameters   []json.RawMessage          `json:"parameters"`
	RequestBody  json.RawMessage            `json:"requestBody"`
	Responses    map[string]json.RawMessage `json:"responses"`
	Validator    *string                    `json:"x-amazon-apigateway-request-validator"`
	Integration  json.RawMessage            `json:"x-amazon-apigateway-integration"`
}

type parameter struct {
	Name        string          `json:"name"`
	In          string          `json:"in"` // "query", "path" or "header"
	Required    bool            `json:"required"`
	Description string          `json:"description"`
	Deprecated  bool            `json:"deprecated"`
	Example     json.RawMessage `json:"example"`
	// Schema documents the parameter; API Gateway checks only that a required one is there.
	Schema json.RawMessage `json:"schema"`
}

type requestBody struct {
	Description string                     `json:"description"`
	Required    bool                       `json:"required"`
	Content     map[string]json.RawMessage `json:"content"`
}

type mediaType struct {
	Schema   json.RawMessage `json:"schema"`
	Example  json.RawMessage `json:"example"`
	Examples json.RawMessage `json:"examples"`
}

type methodResponse struct {
	Description string                     `json:"description"`
	Headers     map[string]json.RawMessage `json:"headers"`
	Content     json.RawMessage            `json:"content"`
}

// reader decodes the parts of a document and gathers every fault with the place where it is.
type reader struct{ faults []error }

func (r *reader) failf(at, format string, args ...any) {
	r.faults = append(r.faults, fmt.Errorf("%s: %s", at, fmt.Sprintf(format, args...)))
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
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if !known[name] && !foreignExtension(name) {
			r.failf(at, "%s is not supported by the embedded cloud", name)
		}
	}
	if err := json.Unmarshal(raw, into); err != nil {
		var wrong *json.UnmarshalTypeError
		if errors.As(err, &wrong) {
			r.failf(at, "%s cannot be a JSON %s", wrong.Field, wrong.Value)
		} else {
			r.failf(at, "%v", err)
		}
		return false
	}
	return true
}

func foreignExtension(name string) bool {
	return strings.HasPrefix(name, "x-") && !strings.HasPrefix(name, "x-amazon-apigateway-")
}
