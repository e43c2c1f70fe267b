package apigateway

import (
	"encoding/json"
	"fmt"
	"strings"
)

// keyHeader is the header of API keys.
const keyHeader = "x-api-key"

// securityScheme is how clients identify themselves. Only API keys are supported.
type securityScheme struct {
	_    struct{} `ignored:"description"`
	Type string   `json:"type"`
	Name string   `json:"name"`
	In   string   `json:"in"`
}

// requirements are names of security schemes, with scopes.
type requirements []map[string][]string

func (r *reader) securityScheme(at string, raw json.RawMessage) {
	var s securityScheme
	if !r.object(at, raw, &s) {
		return
	}
	if s.Type != "apiKey" || !strings.EqualFold(s.Name, keyHeader) || s.In != "header" {
		r.failf(at, "only API keys are supported by the embedded cloud: type apiKey, name %s, in header", keyHeader)
	}
}

// keyRequired reports whether an operation requires an API key.
func (r *reader) keyRequired(at string, list requirements) bool {
	for i, requirement := range list {
		in := fmt.Sprintf("%s.security[%d]", at, i)
		if len(requirement) == 0 {
			r.failf(in, "an API key cannot be optional")
		}
		for name := range sorted(requirement) {
			if !r.schemes[name] {
				r.failf(in, "there is no security scheme %q", name)
			}
		}
	}
	return len(list) > 0
}
