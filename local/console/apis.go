package console

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"github.com/order-patterns/order-patterns/local/provider"
)

// api is a deployed API.
type api struct {
	component *Component
	url       string // of its stage
	routes    []operation
	key       string // of its usage plan; empty if it has none
}

// apis are those of all components, in the order of the map.
func (c *Console) apis() (all []*api) {
	resources, _ := c.cloud.Provider.Resources()
	for _, component := range c.graph().Components {
		for _, n := range component.nodes(kindAPI) {
			a := &api{component: component}
			for _, o := range operations(n.deployed.Text("body")) {
				if o.Method != "" && o.Method != http.MethodOptions {
					a.routes = append(a.routes, o)
				}
			}
			a.find(n.deployed.ID, resources)
			if a.url != "" {
				all = append(all, a)
			}
		}
	}
	return all
}

// find reads the URL of an API, and its key.
func (a *api) find(id string, resources []provider.Resource) {
	plan := ""
	for _, r := range resources {
		switch r.Type {
		case "aws:apigateway/stage:Stage":
			if r.Text("restApi") == id {
				a.url = r.Text("invokeUrl")
			}
		case "aws:apigateway/usagePlan:UsagePlan":
			stages, _ := r.Properties["apiStages"].([]any)
			if slices.ContainsFunc(stages, func(s any) bool { m, _ := s.(map[string]any); return m["apiId"] == id }) {
				plan = r.ID
			}
		}
	}
	for _, r := range resources {
		if r.Type == "aws:apigateway/usagePlanKey:UsagePlanKey" && r.Text("usagePlanId") == plan {
			a.key = r.Text("value")
		}
	}
}

// route returns the route of a path, in which parameters are replaced or not.
func (a *api) route(method, path string) *operation {
	path, _, _ = strings.Cut(path, "?")
	parts := strings.Split(path, "/")
	for i, o := range a.routes {
		template := strings.Split(o.Path, "/")
		if o.Method == method && slices.EqualFunc(template, parts, func(t, p string) bool { return t == p || strings.HasPrefix(t, "{") && p != "" }) {
			return &a.routes[i]
		}
	}
	return nil
}

// newSender returns what sends a request to a route, with what identifies its sender as the route requires.
func (c *Console) newSender(a *api, method, path, body string) (*sender, error) {
	route := a.route(method, path)
	if route == nil {
		return nil, invalid("path: the API has no route %s %s", method, path)
	}
	headers, sign := http.Header{}, false
	for _, s := range route.schemes {
		switch {
		case s.AuthType == "awsSigv4":
			sign = true
		case s.Authorizer.AuthorizerURI != "":
			token, err := c.cloud.OIDC.Mint(jose.RS256, c.settings.Token)
			if err != nil {
				return nil, fmt.Errorf("making a token: %w", err)
			}
			headers.Set(s.Name, "Bearer "+token)
		default:
			headers.Set(s.Name, a.key)
		}
	}
	return &sender{c, a.url, method, path, body, headers, sign}, nil
}
