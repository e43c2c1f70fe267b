package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/order-patterns/order-patterns/cmd/client/coffeeclient"
	"github.com/order-patterns/order-patterns/cmd/client/localstack"
)

// The patterns by the API that they have.
var (
	coffeePatterns  = []string{"fanout", "orchestrator", "eventstream"}
	checkerPatterns = []string{"checker"}
	allPatterns     = slices.Concat(coffeePatterns, checkerPatterns)
)

// target says which API to use, as given by the flags.
type target struct {
	url, pattern string
	token        string // from an OpenID Connect issuer
	sign         bool   // with AWS credentials
}

// endpoint is the address of a pattern's API, and its kind of authorizer.
type endpoint struct {
	URL    string `json:"url"`    // without a slash at the end
	APIKey string `json:"apiKey"` // "" if the API requires none
	Auth   string `json:"auth"`   // none, iam or jwt
}

// coffee returns the API of a coffee pattern.
func (t *target) coffee() (endpoint, error) { return t.find(coffeePatterns) }

// coffeeClient returns a client of a coffee pattern's API, for atOnce concurrent requests.
func (t *target) coffeeClient(ctx context.Context, api endpoint, atOnce int) (*coffeeclient.Client, error) {
	authorize, err := t.authorize(ctx, api)
	if err != nil {
		return nil, err
	}
	return coffeeclient.NewClient(api.URL, atOnce).Authorized(authorize), nil
}

// find returns the API at --url, or else the API of the local stack, which must have one of these patterns.
func (t *target) find(patterns []string) (endpoint, error) {
	if t.url == "" {
		return t.local(patterns)
	}
	u, err := url.Parse(t.url)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return endpoint{}, fmt.Errorf("--url must be like https://host/prod, got %q", t.url)
	}
	if u.RawQuery != "" || u.Fragment != "" {
		return endpoint{}, fmt.Errorf("--url must be the API's base, without ? or #, got %q", t.url)
	}
	return endpoint{URL: strings.TrimRight(t.url, "/")}, nil
}

// local returns the API of the local stack's pattern that --pattern names, or of its only pattern.
func (t *target) local(patterns []string) (endpoint, error) {
	list := strings.Join(patterns, ", ")
	if t.pattern != "" && !slices.Contains(patterns, t.pattern) {
		return endpoint{}, fmt.Errorf("--pattern must be one of %s, got %q%s", list, t.pattern, hint(t.pattern))
	}
	apis, names, err := deployed("--url", patterns)
	if err != nil {
		return endpoint{}, err
	}
	switch {
	case t.pattern != "" && !slices.Contains(names, t.pattern):
		return endpoint{}, fmt.Errorf("the local stack does not run the pattern %s; it runs: %s", t.pattern, listOr(names, "none of "+list))
	case t.pattern != "":
		return apis[t.pattern], nil
	case len(names) == 0:
		return endpoint{}, fmt.Errorf("the local stack runs none of the patterns %s", list)
	case len(names) > 1:
		return endpoint{}, fmt.Errorf("the local stack runs several patterns: choose with --pattern one of %s", strings.Join(names, ", "))
	}
	return apis[names[0]], nil
}

// hint returns the name of the command for a pattern that another command does not support.
func hint(pattern string) string {
	switch {
	case slices.Contains(checkerPatterns, pattern):
		return ": its orders are placed with `orders checker`"
	case slices.Contains(coffeePatterns, pattern):
		return ": its orders are placed with `orders place`"
	}
	return ""
}

// chosen returns the APIs of the local stack's patterns that --pattern names, separated by commas. Without --pattern, and with "all", it
// returns those of all deployed patterns.
func (t *target) chosen() (apis map[string]endpoint, names []string, err error) {
	apis, running, err := deployed("", allPatterns)
	switch {
	case err != nil:
		return nil, nil, err
	case len(running) == 0:
		return nil, nil, fmt.Errorf("the local stack runs none of the patterns %s", strings.Join(allPatterns, ", "))
	case t.pattern == "":
		return apis, running, nil
	}
	for name := range strings.SplitSeq(t.pattern, ",") {
		some := []string{strings.TrimSpace(name)}
		if some[0] == "all" {
			some = running
		}
		for _, name := range some {
			if !slices.Contains(running, name) {
				return nil, nil, fmt.Errorf("the local stack does not run the pattern %q; it runs: %s", name, strings.Join(running, ", "))
			}
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return apis, names, nil
}

// deployed returns which of these patterns the local stack has, and their APIs. missing is the flag that could be given instead of a local
// stack, for the error; "" for none.
func deployed(missing string, patterns []string) (apis map[string]endpoint, names []string, err error) {
	outputs, _, err := localOutputs(missing)
	if err != nil {
		return nil, nil, err
	}
	apis = map[string]endpoint{}
	for _, name := range patterns {
		var api endpoint
		if json.Unmarshal(outputs[name], &api) == nil && api.URL != "" {
			api.URL = strings.TrimRight(api.URL, "/")
			apis[name], names = api, append(names, name)
		}
	}
	return apis, names, nil
}

// localOutputs reads the outputs of the local stack. missing is as for deployed.
func localOutputs(missing string) (outputs map[string]json.RawMessage, stack localstack.Stack, err error) {
	stack, err = localstack.Find()
	if err == nil {
		err = stack.Outputs(&outputs)
	}
	if err != nil && missing != "" {
		err = fmt.Errorf("no %s given, and %w", missing, err)
	}
	return outputs, stack, err
}

func listOr(names []string, none string) string {
	if len(names) == 0 {
		return none
	}
	return strings.Join(names, ", ")
}
