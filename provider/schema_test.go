package provider_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/provider"
)

var update = flag.Bool("update", false, "rewrite testdata/schema.golden")

// schema is the package's schema.
func schema(t *testing.T) map[string]any {
	t.Helper()
	text, err := provider.Schema("1.2.3")
	require.NoError(t, err)
	var s map[string]any
	require.NoError(t, json.Unmarshal(text, &s))
	return s
}

func TestDescriptionsAreThoseOfTheSource(t *testing.T) {
	file := filepath.Join(t.TempDir(), "descriptions.go")
	out, err := exec.CommandContext(t.Context(), "go", "run", "./internal/describe", "../components", file).CombinedOutput()
	require.NoError(t, err, string(out))
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	got, err := os.ReadFile("descriptions.go")
	require.NoError(t, err)
	require.True(t, string(want) == string(got), "descriptions.go is older than the comments of components: run `make generate`")
}

// goOnly are words that mean nothing outside of Go.
var goOnly = regexp.MustCompile(`pulumi\.\w+\(|\[[A-Z]\w*\]|\bnil\b`)

func TestEverythingInTheSchemaIsDescribed(t *testing.T) {
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case []any:
			for i, e := range v {
				walk(fmt.Sprintf("%s[%d]", path, i), e)
			}
		case map[string]any:
			for key, e := range v {
				walk(path+"/"+key, e)
			}
			text, ok := v["description"].(string)
			if !ok {
				return
			}
			require.NotEmpty(t, text, "%s has no description", path)
			require.NotRegexp(t, goOnly, text, path)
			require.True(t, strings.HasSuffix(text, ".") || strings.Contains(text[strings.LastIndex(text, " ")+1:], "://"), "%s: %q is no sentence", path, text)
		}
	}
	s := schema(t)
	for _, part := range []string{"config", "provider", "types", "resources"} {
		walk(part, s[part])
	}
	require.Len(t, s["resources"], 7)
}

func TestTheSchemaListsNoTypeThatCouldBeAnything(t *testing.T) {
	text, err := provider.Schema("1.2.3")
	require.NoError(t, err)
	require.NotContains(t, string(text), "pulumi.json#/Any")
	require.NotContains(t, string(text), "pulumi.json#/Json")
}

// The list shows each change of what programs can write. A change or a removal of a line breaks programs, unless it drops
// "required" or "plain" of an input.
func TestTheSchemaOffersWhatIsListed(t *testing.T) {
	s := schema(t)
	var lines []string
	list := func(prefix string, properties, required any) {
		listed, _ := properties.(map[string]any)
		names, _ := required.([]any)
		for name, p := range listed {
			line := prefix + "." + name + ": " + typeOf(p.(map[string]any))
			if slices.Contains(names, any(name)) {
				line += ", required"
			}
			lines = append(lines, line)
		}
	}
	short := func(token string) string { return token[strings.LastIndex(token, ":")+1:] }
	for token, r := range s["resources"].(map[string]any) {
		r := r.(map[string]any)
		list("component "+short(token)+" input", r["inputProperties"], r["requiredInputs"])
		list("component "+short(token)+" output", r["properties"], nil)
	}
	for token, typ := range s["types"].(map[string]any) {
		typ := typ.(map[string]any)
		list("type "+short(token), typ["properties"], typ["required"])
		values, _ := typ["enum"].([]any)
		for _, v := range values {
			lines = append(lines, fmt.Sprintf("type %s = %q", short(token), v.(map[string]any)["value"]))
		}
	}
	slices.Sort(lines)
	got := strings.Join(lines, "\n") + "\n"
	if *update {
		require.NoError(t, os.WriteFile("testdata/schema.golden", []byte(got), 0o644))
	}
	want, err := os.ReadFile("testdata/schema.golden")
	require.NoError(t, err)
	require.Equal(t, string(want), got, "if the change is meant, run: go -C provider test . -run Schema -update")
}

func typeOf(p map[string]any) string {
	text, _ := p["type"].(string)
	switch {
	case p["$ref"] != nil:
		text = p["$ref"].(string)
		text = text[strings.LastIndexAny(text, ":/")+1:]
	case p["items"] != nil:
		text = "list of " + typeOf(p["items"].(map[string]any))
	case p["additionalProperties"] != nil:
		text = "map of " + typeOf(p["additionalProperties"].(map[string]any))
	}
	if p["plain"] == true {
		return "plain " + strings.ReplaceAll(text, "plain ", "")
	}
	return text
}

func TestEveryConstructorReturnsAComponentOfItsToken(t *testing.T) {
	require.ElementsMatch(t, []string{
		"order-patterns:components:ApiAccount", "order-patterns:components:CheckerPipeline", "order-patterns:components:EventStream",
		"order-patterns:components:FanOut", "order-patterns:components:OrderApi", "order-patterns:components:Orchestrator",
		"order-patterns:components:TraceAccount",
	}, slices.Collect(maps.Keys(schema(t)["resources"].(map[string]any))))
}
