package console

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// offered is a request that the page offers. Its body is text in which {id} and {n} are not replaced.
type offered struct {
	Component string `json:"component"` // name
	Title     string `json:"title"`
	Method    string `json:"method"`
	Path      string `json:"path"`
	URL       string `json:"url"`
	Body      string `json:"body"`

	first []Request
	api   *api
}

// offers are the requests of the settings for APIs that are deployed, and one for each of their other routes.
func (c *Console) offers() []*offered {
	all, others := []*offered{}, []*offered{}
	for _, a := range c.apis() {
		offer := func(title, method, path string) *offered {
			return &offered{Component: a.component.Name, Title: title, Method: method, Path: path, URL: a.url + path, api: a}
		}
		used := map[*operation]bool{}
		for _, r := range c.settings.Requests {
			route := a.route(r.Method, r.Path)
			if r.Component != a.component.Type || route == nil {
				continue
			}
			o := offer(r.Title, r.Method, r.Path)
			o.Body, o.first = indented(r.Body), r.First
			all, used[route] = append(all, o), true
		}
		for i, route := range a.routes {
			if !used[&a.routes[i]] {
				others = append(others, offer(route.Method+" "+route.Path, route.Method, route.Path))
			}
		}
	}
	return append(all, others...)
}

func indented(body json.RawMessage) string {
	var b bytes.Buffer
	if json.Indent(&b, body, "", "  ") != nil { // there is none
		return ""
	}
	return b.String()
}

type sendInput struct {
	Component, Title   string
	Method, Path, Body string
	Count, Parallel    int
}

// sendRequests answers POST /api/requests. It ends when all requests were answered, or who asked has gone.
func (c *Console) sendRequests(ctx context.Context, _ *http.Request, in *sendInput) (*sent, error) {
	in.Count, in.Parallel = cmp.Or(in.Count, 1), cmp.Or(in.Parallel, 1)
	switch {
	case in.Count < 1 || in.Count > maxCount:
		return nil, invalid("count: must be from 1 to %d, got %d", maxCount, in.Count)
	case in.Parallel < 1 || in.Parallel > maxParallel:
		return nil, invalid("parallel: must be from 1 to %d, got %d", maxParallel, in.Parallel)
	}
	o, err := c.choose(in)
	if err != nil {
		return nil, err
	}
	s, err := c.newSender(o.api, o.Method, o.Path, cmp.Or(in.Body, o.Body))
	if err != nil {
		return nil, err
	}
	for _, r := range o.first {
		first, err := c.newSender(o.api, r.Method, r.Path, string(r.Body))
		if err != nil {
			return nil, err
		}
		status, body, err := first.send(ctx, 1, newID())
		if err == nil && status >= http.StatusBadRequest {
			err = fmt.Errorf("answered with %d: %s", status, body)
		}
		if err != nil {
			return nil, invalid("the request that comes first, %s %s: %v", r.Method, r.Path, err)
		}
	}
	return s.run(ctx, in.Count, in.Parallel)
}

// choose finds the request by its title, or by its method and path.
func (c *Console) choose(in *sendInput) (*offered, error) {
	for _, o := range c.offers() {
		switch {
		case o.Component != in.Component:
		case in.Title != "" && in.Title == o.Title:
			return o, nil
		case in.Title == "" && o.api.route(in.Method, in.Path) != nil:
			return &offered{Method: in.Method, Path: in.Path, api: o.api}, nil
		}
	}
	if in.Title != "" {
		return nil, invalid("title: the component %q offers no request %q", in.Component, in.Title)
	}
	return nil, invalid("path: the component %q has no route %s %s", in.Component, in.Method, in.Path)
}

// newID is short enough to be read, and long enough that no two are equal.
func newID() string { return strings.ToLower(rand.Text()[:12]) }
