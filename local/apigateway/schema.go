package apigateway

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// documentURL is the base of references such as #/components/schemas/NAME.
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

// compileModel compiles the schema at a JSON pointer in the document.
func compileModel(c *jsonschema.Compiler, location string) (*model, error) {
	s, err := c.Compile(documentURL + "#" + location)
	if err != nil {
		return nil, fmt.Errorf("is not a JSON schema of draft 4: %w", err)
	}
	return &model{schema: s}, nil
}

// keywords are those of draft 4 that are supported, and annotations. OpenAPI's own keywords that API Gateway ignores,
// such as nullable and readOnly, are refused, because AWS does not validate them.
var keywords = strings.Fields(`$ref additionalProperties allOf anyOf default deprecated description enum example externalDocs
	format items maxItems maxLength maximum minItems minLength minimum multipleOf oneOf pattern properties required title type
	uniqueItems`)

// formats are those that say how a number or string is kept, which no validator checks.
var formats = []string{"int32", "int64", "float", "double", "byte", "binary", "password"}

// schema refuses keywords and formats that would not be validated as a reader of the document expects.
func (r *reader) schema(at string, raw json.RawMessage) bool {
	before := len(r.problems)
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) != nil {
		r.failf(at, "a schema must be a JSON object")
		return false
	}
	for name, value := range sorted(members) {
		in := at + "." + name
		if !slices.Contains(keywords, name) && !foreignExtension(name) {
			r.failf(at, "the schema keyword %s is not supported", name)
		}
		// The compiler reports values of another type.
		switch name {
		case "format":
			var format string
			if json.Unmarshal(value, &format) != nil || !slices.Contains(formats, format) {
				r.failf(in, "%s is not supported by the embedded cloud; use a pattern", value)
			}
		case "properties":
			var children map[string]json.RawMessage
			_ = json.Unmarshal(value, &children)
			for child, schema := range sorted(children) {
				r.schema(in+"."+child, schema)
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
	return len(r.problems) == before
}

// hugeExponent matches numbers whose arithmetic would take unreasonable time.
var hugeExponent = regexp.MustCompile(`^[^eE]*[eE][+-]?0*[1-9]\d{3,}$`)

// accepts reports whether a body is JSON that meets the schema.
func (m *model) accepts(body []byte) bool {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	return err == nil && !hasHugeNumber(value) && m.schema.Validate(value) == nil
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
