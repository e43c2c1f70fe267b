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

// local finds the API's base URL in the outputs of the local stack.
func (t *target) local() (string, error) {
	if t.pattern != "" && !slices.Contains(coffeePatterns, t.pattern) {
		return "", fmt.Errorf("--pattern must be one of %s, got %q", strings.Join(coffeePatterns, ", "), t.pattern)
	}
	outputs, home, err := localOutputs("--url")
	if err != nil {
		return "", err
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
		return "", fmt.Errorf("the local stack runs none of the patterns %s (%s)", strings.Join(coffeePatterns, ", "), outputsFile(home))
	case len(names) > 1:
		return "", fmt.Errorf("the local stack runs several patterns: choose with --pattern one of %s", strings.Join(names, ", "))
	}
	return urls[names[0]], nil
}

// localOutputs reads the outputs of the project's local stack, one object per deployed pattern, and gives the folder that
// it keeps its state in. flag is what was not given, for the error if there is no such stack.
func localOutputs(flag string) (outputs map[string]json.RawMessage, home string, err error) {
	project, err := projectDir()
	if err != nil {
		return nil, "", fmt.Errorf("no %s given, and no local stack: %w", flag, err)
	}
	home = filepath.Join(project, ".local")
	data, err := os.ReadFile(outputsFile(home))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, "", fmt.Errorf("no %s given, and no local stack is up (%s does not exist): run `make up`", flag, outputsFile(home))
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
