// Package change compares the resources of two deployments of a stack.
package change

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

// Resource is a resource of a deployment. Names that Pulumi makes, with random digits at the end, are replaced everywhere by the
// name that the program gives, so that the resources of two deployments can be compared.
// https://www.pulumi.com/docs/iac/concepts/resources/names/#autonaming
type Resource struct {
	URN  string
	Type string // such as aws:dynamodb/table:Table
	Kind string // such as table
	Name string // that the program gives
	// ARN is empty if it has none.
	ARN    string
	Inputs map[string]any
}

// Resources returns the resources of the provider in a state: without components, the stack and providers, and without those
// that wait for their deletion.
func Resources(state []apitype.ResourceV3) []Resource {
	names := NewNames(state)
	var list []Resource
	for _, r := range state {
		if !r.Custom || r.Delete || strings.HasPrefix(string(r.Type), "pulumi:") {
			continue
		}
		arn, _ := r.Outputs["arn"].(string)
		inputs, _ := names.clean(r.Inputs).(map[string]any)
		list = append(list, Resource{
			URN: string(r.URN), Type: string(r.Type), Kind: kind(string(r.Type)), Name: r.URN.Name(),
			ARN: names.Text(arn), Inputs: inputs,
		})
	}
	return list
}

var (
	version   = regexp.MustCompile(`[vV]2$`)
	wordStart = regexp.MustCompile(`([a-z])([A-Z])`)
)

// kind makes words of a type: aws:cloudwatch/metricAlarm:MetricAlarm is a metric alarm.
func kind(typ string) string {
	name := version.ReplaceAllString(typ[strings.LastIndex(typ, ":")+1:], "")
	words := strings.ToLower(wordStart.ReplaceAllString(name, "$1 $2"))
	if words == "rest api" {
		return "API"
	}
	return words
}

// Names are those that Pulumi made in a deployment, with random digits at the end.
type Names struct{ replacer *strings.Replacer }

// opaque are ids that AWS makes, such as those of an API or of an event source mapping.
var opaque = regexp.MustCompile(`^([a-z0-9]{10}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22})$`)

// NewNames returns the names in a state.
func NewNames(state []apitype.ResourceV3) Names {
	made := map[string]string{}
	for _, r := range state {
		if !r.Custom || strings.HasPrefix(string(r.Type), "pulumi:") {
			continue
		}
		logical := r.URN.Name()
		defaults, _ := r.Inputs["__defaults"].([]any)
		for _, property := range defaults {
			key, _ := property.(string)
			if name, _ := r.Inputs[key].(string); strings.HasPrefix(name, logical+"-") {
				made[name] = logical
			}
		}
		if opaque.MatchString(string(r.ID)) {
			made[string(r.ID)] = logical
		}
	}
	// Of two names that begin at the same place, the Replacer takes the one that comes first.
	var longest []string
	for name := range made {
		longest = append(longest, name)
	}
	slices.SortFunc(longest, func(a, b string) int { return len(b) - len(a) })
	var pairs []string
	for _, name := range longest {
		pairs = append(pairs, name, made[name])
	}
	return Names{strings.NewReplacer(pairs...)}
}

// Text replaces the names in a text by those that the program gives.
func (n Names) Text(s string) string { return n.replacer.Replace(s) }

// The keys under which Pulumi's state says that a value is no plain one.
// https://github.com/pulumi/pulumi/blob/v3.220.0/sdk/go/common/resource/sig/sig.go
const (
	signature   = "4dabf18193072939515e22adb298388d"
	secretValue = "1b47061264138c4ac30d75fd1eb44270"
	assetValue  = "c44067f5952c0a294b673a41bacd8c17"
	archive     = "0def7320c3a5731c473e5ecbe6d01bc7"
)

// File is the content of an asset or archive.
type File struct{ Hash string }

// Secret is a value that is not to be shown.
type Secret struct{ Plain string }

// clean replaces names in a value, and values that have a signature by a File or a Secret.
func (n Names) clean(v any) any {
	switch v := v.(type) {
	case string:
		return n.Text(v)
	case []any:
		list := make([]any, len(v))
		for i, e := range v {
			list[i] = n.clean(e)
		}
		return list
	case map[string]any:
		switch v[signature] {
		case assetValue, archive:
			hash, _ := v["hash"].(string)
			return File{hash}
		case secretValue:
			plain, _ := v["plaintext"].(string)
			return Secret{n.Text(plain)}
		}
		m := make(map[string]any, len(v))
		for key, e := range v {
			if key != "__defaults" && key != "__internal" {
				m[key] = n.clean(e)
			}
		}
		return m
	default:
		return v
	}
}

// parsed returns the JSON object in a text, if it is one: a policy, an OpenAPI document, a dashboard.
func parsed(v any) any {
	text, ok := v.(string)
	if !ok || !strings.HasPrefix(text, "{") && !strings.HasPrefix(text, "[") {
		return v
	}
	var document any
	if json.Unmarshal([]byte(text), &document) != nil {
		return v
	}
	return document
}
