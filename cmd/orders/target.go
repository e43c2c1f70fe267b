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

// coffeePatterns are the patterns whose API this client speaks.
var coffeePatterns = []string{"fanout", "orchestrator", "eventstream"}

// target says which API to talk to, as the flags have it.
type target struct {
	url, pattern string
}

// base finds the API's base URL, without a slash at the end: --url, or else that of the local stack.
func (t *target) base() (string, error) {
	if t.url == "" {
		return t.local()
	}
	u, err := url.Parse(t.url)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", fmt.Errorf("--url must be like https://host/prod, got %q", t.url)
	}
	if u.RawQuery != "" || u.Fragment != "" {
		return "", fmt.Errorf("--url must be the API's base, without ? or #, got %q", t.url)
	}
	return strings.TrimRight(t.url, "/"), nil
}

// local reads the outputs of the project's local stack, one object per deployed pattern.
func (t *target) local() (string, error) {
	if t.pattern != "" && !slices.Contains(coffeePatterns, t.pattern) {
		return "", fmt.Errorf("--pattern must be one of %s, got %q", strings.Join(coffeePatterns, ", "), t.pattern)
	}
	project, err := projectDir()
	if err != nil {
		return "", fmt.Errorf("no --url given, and no local stack: %w", err)
	}
	file := filepath.Join(project, ".local", "outputs.json")
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("no --url given, and no local stack is up (%s does not exist): run `make up`", file)
	}
	if err != nil {
		return "", fmt.Errorf("reading the local stack's outputs: %w", err)
	}
	var outputs map[string]json.RawMessage
	if err := json.Unmarshal(data, &outputs); err != nil {
		return "", fmt.Errorf("reading the local stack's outputs in %s: %w", file, err)
	}
	urls, names := map[string]string{}, []string{}
	for _, name := range coffeePatterns {
		var output struct {
			URL string `json:"url"`
		}
		if json.Unmarshal(outputs[name], &output) == nil && output.URL != "" {
			urls[name], names = strings.TrimRight(output.URL, "/"), append(names, name)
		}
	}
	switch {
	case t.pattern != "" && urls[t.pattern] == "":
		return "", fmt.Errorf("the local stack does not run the pattern %s; it runs: %s", t.pattern, listOr(names, "none of "+strings.Join(coffeePatterns, ", ")))
	case t.pattern != "":
		return urls[t.pattern], nil
	case len(names) == 0:
		return "", fmt.Errorf("the local stack runs none of the patterns %s (%s)", strings.Join(coffeePatterns, ", "), file)
	case len(names) > 1:
		return "", fmt.Errorf("the local stack runs several patterns: choose with --pattern one of %s", strings.Join(names, ", "))
	}
	return urls[names[0]], nil
}

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
