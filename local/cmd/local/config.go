package main

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"

	"github.com/order-patterns/order-patterns/local/oidc"
)

type selection struct {
	pattern string
	values  []string // key=value
}

// config returns the config values that override Pulumi.local.yaml: the pattern, if the program has patterns, and others. Each key
// must be declared in Pulumi.yaml, because the program reads no other. The program validates the values.
func (c selection) config(project string) (map[string]string, error) {
	config := map[string]string{}
	declared, err := workspace.LoadProject(filepath.Join(project, "Pulumi.yaml"))
	if err != nil {
		return nil, fmt.Errorf("reading the config keys of Pulumi.yaml: %w", err)
	}
	if _, patterns := declared.Config["pattern"]; patterns {
		config["pattern"] = c.pattern
	}
	var errs []error
	for _, text := range c.values {
		key, value, ok := strings.Cut(text, "=")
		_, known := declared.Config[key]
		_, twice := config[key]
		switch {
		case !ok:
			errs = append(errs, fmt.Errorf("--config must be like key=value, got %q", text))
		case key == "pattern":
			errs = append(errs, errors.New("--config pattern: use --pattern instead"))
		case !known:
			errs = append(errs, fmt.Errorf("--config %s: there is no such key; did you mean %s?", key, nearest(key, declared.Config)))
		case twice:
			errs = append(errs, fmt.Errorf("--config %s: is given twice", key))
		default:
			config[key] = value
		}
	}
	return config, errors.Join(errs...)
}

// nearest is the key that is most like another one.
func nearest(key string, keys map[string]workspace.ProjectConfigType) string {
	distance := func(k string) int { return levenshtein.Distance(strings.ToLower(key), strings.ToLower(k), nil) }
	return slices.MinFunc(slices.Sorted(maps.Keys(keys)), func(a, b string) int { return cmp.Compare(distance(a), distance(b)) })
}

// trust makes an API with auth=jwt trust the issuer of the running cloud, unless the config names another one.
func (r *running) trust(config map[string]string) {
	if config["auth"] == "jwt" && config["jwtIssuer"] == "" {
		config["jwtIssuer"], config["jwtAudience"] = r.Endpoint+oidc.Path, cmp.Or(config["jwtAudience"], oidc.Audience)
	}
}
