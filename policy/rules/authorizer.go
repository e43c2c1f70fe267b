package rules

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

var authorizer = Rule{
	Name:        "authorizer",
	Description: "Each method of an API has an authorizer, unless the settings allow everybody to call.",
	Level:       Mandatory,
	Reference:   "https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-control-access-to-api.html",
	Settings:    []string{"allowNone"},
	check: func(s *Stack, settings Settings, report report) {
		if settings.AllowNone {
			return
		}
		for _, api := range s.of(apiType) {
			for _, open := range openMethods(api.text("body")) {
				report(api, "everybody may call %s: it has no authorizer", open)
			}
		}
		for _, method := range s.of(methodType) {
			if method.text("authorization") == "NONE" && method.text("httpMethod") != "OPTIONS" {
				report(method, "everybody may call the method: authorization is NONE")
			}
		}
		for _, address := range s.of(functionURLType) {
			if address.text("authorizationType") == "NONE" {
				report(address, "everybody may call the function: authorizationType is NONE")
			}
		}
	},
}

// openMethods returns the methods of an OpenAPI document without an authorizer, such as POST /order. A preflight has no credentials:
// https://fetch.spec.whatwg.org/#cors-protocol-and-credentials
//
// An API key is not an authorizer: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html
func openMethods(document string) []string {
	var api struct {
		Paths      map[string]map[string]json.RawMessage
		Components struct {
			SecuritySchemes map[string]map[string]any
		}
	}
	if json.Unmarshal([]byte(document), &api) != nil {
		return nil
	}
	var open []string
	for _, path := range slices.Sorted(maps.Keys(api.Paths)) {
		for _, method := range slices.Sorted(maps.Keys(api.Paths[path])) {
			if !slices.Contains(methods, method) {
				continue
			}
			var operation struct{ Security []map[string]any }
			if json.Unmarshal(api.Paths[path][method], &operation) != nil {
				continue
			}
			authorized := false
			for _, requirement := range operation.Security {
				for scheme := range requirement {
					authorized = authorized || set(api.Components.SecuritySchemes[scheme]["x-amazon-apigateway-authtype"])
				}
			}
			if !authorized {
				open = append(open, strings.ToUpper(method)+" "+path)
			}
		}
	}
	return open
}

// methods are the keys of a path that are methods, except preflights.
var methods = []string{"get", "put", "post", "delete", "head", "patch", "trace", "x-amazon-apigateway-any-method"}
