package apigateway

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// securityScheme is how clients say who they are. Only API keys are supported.
type securityScheme struct {
	_    struct{} `ignored:"description"`
	Type string   `json:"type"`
	Name string   `json:"name"`
	In   string   `json:"in"`
}

// requirements are what an operation asks of clients: names of schemes, with scopes.
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

// keyFromHeader is the source of API keys that needs no authorizer.
const keyFromHeader = "HEADER"

// keySource refuses sources of API keys other than the header.
func (r *reader) keySource(at string, source *string) {
	if source != nil && *source != keyFromHeader {
		r.failf(at, "must be %s, got %q: the embedded cloud has no authorizers", keyFromHeader, *source)
	}
}

// rootSecurity refuses requirements of the whole document. API Gateway takes no notice of them, and the API would be
// open: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
func (r *reader) rootSecurity(list requirements) {
	if len(list) > 0 {
		r.failf("security", "API Gateway ignores it at the root of a document: each operation has to have its own")
	}
}

// keyRequired tells whether an operation asks for an API key.
func (r *methodReader) keyRequired(at string, list requirements) bool {
	for i, requirement := range list {
		in := fmt.Sprintf("%s.security[%d]", at, i)
		if len(requirement) == 0 {
			r.failf(in, "a method cannot leave it to the client whether there is a key")
		}
		for _, name := range slices.Sorted(maps.Keys(requirement)) {
			if !r.schemes[name] {
				r.failf(in, "there is no security scheme %q", name)
			}
		}
	}
	return len(list) > 0
}
