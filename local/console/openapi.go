package console

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
)

// operation is a route of an API, or its authorizer, which has no method.
type operation struct {
	Method, Path string
	Integration  struct {
		Type, URI, Credentials string
	} `json:"x-amazon-apigateway-integration"`
	Security []map[string]any
	schemes  []scheme // those of Security
}

// scheme says how callers identify themselves: by a signature, a token or an API key.
type scheme struct {
	Name       string                         // of a header
	AuthType   string                         `json:"x-amazon-apigateway-authtype"`
	Authorizer struct{ AuthorizerURI string } `json:"x-amazon-apigateway-authorizer"`
}

// operations returns the routes of an OpenAPI document, without those that API Gateway answers itself, and its authorizers, sorted
// by path and method.
func operations(body string) (all []operation) {
	var d struct {
		Paths      map[string]map[string]operation
		Components struct {
			SecuritySchemes map[string]scheme
		}
	}
	_ = json.Unmarshal([]byte(body), &d) // an API may have no body, and a path has members that are no operations
	for path, item := range d.Paths {
		for method, o := range item {
			if o.Integration.URI == "" {
				continue
			}
			o.Method, o.Path = strings.ToUpper(method), path
			for _, requirement := range o.Security {
				for name := range requirement {
					o.schemes = append(o.schemes, d.Components.SecuritySchemes[name])
				}
			}
			all = append(all, o)
		}
	}
	for _, s := range d.Components.SecuritySchemes {
		o := operation{}
		o.Integration.URI = s.Authorizer.AuthorizerURI
		all = append(all, o)
	}
	slices.SortFunc(all, func(a, b operation) int { return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method)) })
	return all
}

// label is that of an edge.
func (o *operation) label() string {
	return cmp.Or(strings.TrimSpace(o.Method+" "+o.Path), "authorizer")
}

// function is the ARN in the URI of an integration with a function:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-integration.html
func (o *operation) function() string {
	_, arn, _ := strings.Cut(o.Integration.URI, "/functions/")
	return strings.TrimSuffix(arn, "/invocations")
}
