package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
)

// configReader reads values of the config, and collects errors.
type configReader struct {
	config *config.Config
	errs   []error
}

func (r *configReader) addf(key, format string, args ...any) {
	r.errs = append(r.errs, fmt.Errorf("config %s: %s", key, fmt.Sprintf(format, args...)))
}

// unknown reports keys in the project's namespace that do not exist. all is the config of every namespace, as Pulumi passes it to the
// program: a JSON object.
func (r *configReader) unknown(project, all string) {
	var values map[string]any
	if json.Unmarshal([]byte(all), &values) != nil {
		return // empty, or from a Pulumi version that passes it in another way
	}
	for _, full := range slices.Sorted(maps.Keys(values)) {
		key, ours := strings.CutPrefix(full, project+":")
		if !ours || slices.ContainsFunc(configKeys, func(k configKey) bool { return k.name == key }) {
			continue
		}
		distance := func(k configKey) int {
			return levenshtein.Distance(strings.ToLower(key), strings.ToLower(k.name), nil)
		}
		nearest := slices.MinFunc(configKeys, func(a, b configKey) int { return cmp.Compare(distance(a), distance(b)) })
		r.addf(key, "unknown key; did you mean %s?", nearest.name)
	}
}

// number reads an integer within the limits of its key. It returns nil if it is not set, so that the component's default applies.
func (r *configReader) number(key string) pulumi.IntPtrInput {
	n, err := r.config.TryInt(key)
	if errors.Is(err, config.ErrMissingVar) {
		return nil
	}
	if err != nil {
		r.addf(key, "must be an integer, got %q", r.config.Get(key))
		return nil
	}
	i := slices.IndexFunc(configKeys, func(k configKey) bool { return k.name == key })
	if err := configKeys[i].limits.Check(n); err != nil {
		r.addf(key, "%v", err)
	}
	return pulumi.Int(n)
}

// numberOrZero reads an integer for which 0 means that it is not set.
func (r *configReader) numberOrZero(key string) pulumi.IntPtrInput {
	if n := r.number(key); n != pulumi.Int(0) {
		return n
	}
	return nil
}

func (r *configReader) boolean(key string) bool {
	b, err := r.config.TryBool(key)
	if err != nil && !errors.Is(err, config.ErrMissingVar) {
		r.addf(key, "must be true or false, got %q", r.config.Get(key))
	}
	return b
}

// toggle reads a bool. It returns nil if it is not set.
func (r *configReader) toggle(key string) pulumi.BoolPtrInput {
	if r.config.Get(key) == "" {
		return nil
	}
	return pulumi.Bool(r.boolean(key))
}

// text reads a string. It returns nil if it is empty.
func (r *configReader) text(key string) pulumi.StringPtrInput {
	if s := r.config.Get(key); s != "" {
		return pulumi.String(s)
	}
	return nil
}

// list reads strings separated by commas. It returns nil if there are none.
func (r *configReader) list(key string) pulumi.StringArrayInput {
	var list pulumi.StringArray
	for s := range strings.SplitSeq(r.config.Get(key), ",") {
		if s = strings.TrimSpace(s); s != "" {
			list = append(list, pulumi.String(s))
		}
	}
	if list == nil {
		return nil
	}
	return list
}

// oneOf reads one of the listed values.
func (r *configReader) oneOf(key string, values []string, standard string) string {
	s := r.config.Get(key)
	if s == "" {
		return standard
	}
	if !slices.Contains(values, s) {
		r.addf(key, "must be one of %s, got %q", strings.Join(values, ", "), s)
	}
	return s
}
