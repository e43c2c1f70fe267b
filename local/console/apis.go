package console

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
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
		for _, n := range component.Nodes {
			if n.Kind != kindAPI {
				continue
			}
			a := &api{component: component}
			for _, o := range operations(properties(n.deployed.Properties).text("body")) {
				if len(o.Method) > 0 && o.Method != http.MethodOptions && !strings.HasPrefix(o.Method, "X-") {
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
		p := properties(r.Properties)
		switch r.Type {
		case "aws:apigateway/stage:Stage":
			if p.text("restApi") == id {
				a.url = p.text("invokeUrl")
			}
		case "aws:apigateway/usagePlan:UsagePlan":
			stages, _ := r.Properties["apiStages"].([]any)
			if slices.ContainsFunc(stages, func(s any) bool { m, _ := s.(map[string]any); return m["apiId"] == id }) {
				plan = r.ID
			}
		}
	}
	for _, r := range resources {
		if p := properties(r.Properties); r.Type == "aws:apigateway/usagePlanKey:UsagePlanKey" && p.text("usagePlanId") == plan {
			a.key = p.text("value")
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

// identify returns what adds to a request how its sender is identified, as the route requires.
func (c *Console) identify(a *api, route *operation) (func(r *http.Request, body []byte) error, error) {
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
	return func(r *http.Request, body []byte) error {
		for name, values := range headers {
			r.Header[name] = values
		}
		if !sign {
			return nil
		}
		who, err := c.config.Credentials.Retrieve(r.Context())
		if err != nil {
			return err
		}
		// https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-call-api.html
		sum := sha256.Sum256(body)
		return v4.NewSigner().SignHTTP(r.Context(), who, r, hex.EncodeToString(sum[:]), "execute-api", c.config.Region, time.Now())
	}, nil
}

// newRequest makes a request to an API. Its body is JSON, or empty.
func (a *api) newRequest(ctx context.Context, method, path string, body []byte) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, method, a.url+path, bytes.NewReader(body))
	if err == nil && len(body) > 0 {
		r.Header.Set("Content-Type", "application/json")
	}
	return r, err
}
