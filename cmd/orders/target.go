package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The patterns by the API that they have.
var (
	coffeePatterns  = []string{"fanout", "orchestrator", "eventstream"}
	checkerPatterns = []string{"checker"}
)

// target says which API to talk to, as the flags have it.
type target struct {
	url, pattern string
}

// endpoint is where a pattern's API is.
type endpoint struct {
	URL    string `json:"url"`    // without a slash at the end
	APIKey string `json:"apiKey"` // "" if the API asks for none
}

// base finds the base URL of a coffee API, without a slash at the end: --url, or else that of the local stack.
func (t *target) base() (string, error) {
	api, err := t.find(coffeePatterns)
	return api.URL, err
}

// find finds the API of one of these patterns: --url, or else that of the local stack.
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

// local finds the API in the outputs of the local stack.
func (t *target) local(patterns []string) (endpoint, error) {
	list := strings.Join(patterns, ", ")
	if t.pattern != "" && !slices.Contains(patterns, t.pattern) {
		return endpoint{}, fmt.Errorf("--pattern must be one of %s, got %q%s", list, t.pattern, hint(t.pattern))
	}
	outputs, home, err := localOutputs("--url")
	if err != nil {
		return endpoint{}, err
	}
	apis, names := deployed(outputs, patterns)
	switch {
	case t.pattern != "" && apis[t.pattern].URL == "":
		return endpoint{}, fmt.Errorf("the local stack does not run the pattern %s; it runs: %s", t.pattern, listOr(names, "none of "+list))
	case t.pattern != "":
		return apis[t.pattern], nil
	case len(names) == 0:
		return endpoint{}, fmt.Errorf("the local stack runs none of the patterns %s (%s)", list, outputsFile(home))
	case len(names) > 1:
		return endpoint{}, fmt.Errorf("the local stack runs several patterns: choose with --pattern one of %s", strings.Join(names, ", "))
	}
	return apis[names[0]], nil
}

// hint says which commands are for a pattern that another command is not for.
func hint(pattern string) string {
	switch {
	case slices.Contains(checkerPatterns, pattern):
		return ": its orders are placed with `orders checkout`"
	case slices.Contains(coffeePatterns, pattern):
		return ": its orders are placed with `orders place`"
	}
	return ""
}

// deployed finds which of these patterns a local stack runs, and where.
func deployed(outputs map[string]json.RawMessage, patterns []string) (apis map[string]endpoint, names []string) {
	apis = map[string]endpoint{}
	for _, name := range patterns {
		var api endpoint
		if json.Unmarshal(outputs[name], &api) == nil && api.URL != "" {
			api.URL = strings.TrimRight(api.URL, "/")
			apis[name], names = api, append(names, name)
		}
	}
	return apis, names
}

// localOutputs reads the outputs of the project's local stack, one object per deployed pattern, and gives the folder that
// it keeps its state in. without is the flag that was not given and would do instead, for the error if there is no such
// stack; "" for none.
func localOutputs(without string) (outputs map[string]json.RawMessage, home string, err error) {
	if without != "" {
		without = "no " + without + " given, and "
	}
	project, err := projectDir()
	if err != nil {
		return nil, "", fmt.Errorf("%sno local stack: %w", without, err)
	}
	home = filepath.Join(project, ".local")
	data, err := os.ReadFile(outputsFile(home))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, "", fmt.Errorf("%sno local stack is up (%s does not exist): run `make up`", without, outputsFile(home))
	}
	if err != nil {
		return nil, "", fmt.Errorf("reading the local stack's outputs: %w", err)
	}
	if err := json.Unmarshal(data, &outputs); err != nil {
		return nil, "", fmt.Errorf("reading the local stack's outputs in %s: %w", outputsFile(home), err)
	}
	return outputs, home, nil
}

func outputsFile(home string) string { return filepath.Join(home, "outputs.json") }

func listOr(names []string, none string) string {
	if len(names) == 0 {
		return none
	}
	return strings.Join(names, ", ")
}

// projectDir is the nearest folder with a Pulumi.yaml, from the working directory up.
func projectDir() (string, error) {
	start, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("finding the working directory: %w", err)
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "Pulumi.yaml")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("neither %s nor a folder above it has a Pulumi.yaml", start)
		}
	}
}
