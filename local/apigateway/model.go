package apigateway

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// documentURL is under which schemas find each other by #/components/schemas/NAME.
const documentURL = "https://embedded.invalid/openapi.json"

// model is a JSON schema of draft 4 that request bodies must meet:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-request-validation.html
type model struct{ schema *jsonschema.Schema }

func compileModel(c *jsonschema.Compiler, location string) (*model, error) {
	s, err := c.Compile(documentURL + "#" + location)
	if err != nil {
		return nil, fmt.Errorf("is not a JSON schema of draft 4: %w", err)
	}
	return &model{schema: s}, nil
}

// keywords are those of draft 4 that are supported, and annotations. OpenAPI's own keywords that API Gateway ignores,
// such as nullable and readOnly, are refused: a body would be judged differently from what the document says.
var keywords = strings.Fields(`$ref additionalProperties allOf anyOf default deprecated description enum example externalDocs
	format items maxItems maxLength maximum minItems minLength minimum multipleOf oneOf pattern properties required title type
	uniqueItems`)

// formats are those that say how a number or string is kept, which no validator checks.
var formats = []string{"int32", "int64", "float", "double", "byte", "binary", "password"}

// schema refuses keywords and formats that would not be validated as the document's reader expects.
func (r *reader) schema(at string, raw json.RawMessage) bool {
	before := len(r.faults)
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) != nil {
		r.failf(at, "a schema must be a JSON object")
		return false
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		value, in := members[name], at+"."+name
		if !slices.Contains(keywords, name) && !foreignExtension(name) {
			r.failf(at, "the schema keyword %s is not supported", name)
		}
		switch name {
		case "format":
			var format string
			if json.Unmarshal(value, &format) != nil || !slices.Contains(formats, format) {
				r.failf(in, "%s is not supported by the embedded cloud; use a pattern", value)
			}
		case "properties":
			var children map[string]json.RawMessage
			_ = json.Unmarshal(value, &children) // the schema's compiler reports another type
			for _, child := range slices.Sorted(maps.Keys(children)) {
				r.schema(in+"."+child, children[child])
			}
		case "allOf", "anyOf", "oneOf":
			var children []json.RawMessage
			_ = json.Unmarshal(value, &children)
			for i, child := range children {
				r.schema(fmt.Sprintf("%s[%d]", in, i), child)
			}
		case "items", "additionalProperties":
			if text := string(value); name == "items" || text != "true" && text != "false" {
				r.schema(in, value)
			}
		}
	}
	return len(r.faults) == before
}

// unparsable is all that API Gateway says of a body that is empty or not JSON.
const unparsable = "[Unknown error parsing request body]"

// hugeExponent finds numbers whose arithmetic would take unreasonable time; no schema means them.
var hugeExponent = regexp.MustCompile(`^[^eE]*[eE][+-]?0*[1-9]\d{3,}$`)

// validate returns "" for a body that meets the schema, else what API Gateway says of it in
// $context.error.validationErrorString.
func (m *model) validate(body []byte) string {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil || hasHugeNumber(value) {
		return unparsable
	}
	if m.schema.Validate(value) == nil {
		return ""
	}
	return explain(m.schema, value)
}

func hasHugeNumber(v any) bool {
	switch v := v.(type) {
	case json.Number:
		return hugeExponent.MatchString(string(v))
	case []any:
		return slices.ContainsFunc(v, hasHugeNumber)
	case map[string]any:
		for _, e := range v {
			if hasHugeNumber(e) {
				return true
			}
		}
	}
	return false
}
