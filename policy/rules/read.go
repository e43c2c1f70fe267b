package rules

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// ReadState reads the output of `pulumi stack export`.
func ReadState(data []byte) ([]Resource, error) {
	var state struct {
		Deployment struct{ Resources []stateJSON }
	}
	if err := json.Unmarshal(data, &state); err != nil {
		return nil, fmt.Errorf("reading the stack's state: %w", err)
	}
	var all []Resource
	for _, r := range state.Deployment.Resources {
		if !r.Delete {
			all = append(all, r.resource())
		}
	}
	return all, nil
}

// ReadPreview reads the output of `pulumi preview --json --show-sames`: the resources as they would be after the update.
func ReadPreview(data []byte) ([]Resource, error) {
	var preview struct {
		Steps []struct {
			Op       string
			NewState *stateJSON
		}
	}
	if err := json.Unmarshal(data, &preview); err != nil {
		return nil, fmt.Errorf("reading the preview: %w", err)
	}
	// A replacement is up to three steps of one resource.
	var order []string
	latest := map[string]Resource{}
	for _, step := range preview.Steps {
		if step.NewState == nil || strings.HasPrefix(step.Op, "delete") {
			continue
		}
		if _, seen := latest[step.NewState.URN]; !seen {
			order = append(order, step.NewState.URN)
		}
		latest[step.NewState.URN] = step.NewState.resource()
	}
	all := make([]Resource, len(order))
	for i, urn := range order {
		all[i] = latest[urn]
	}
	return all, nil
}

// stateJSON is a resource in the CLI's format.
type stateJSON struct {
	URN                  string
	Type                 string
	Delete               bool
	Inputs, Outputs      map[string]any
	PropertyDependencies map[string][]string
}

// resource returns the inputs, and the outputs that are not inputs.
func (r *stateJSON) resource() Resource {
	properties := map[string]any{}
	maps.Copy(properties, r.Outputs)
	maps.Copy(properties, r.Inputs)
	for name, value := range properties {
		properties[name] = plain(value)
	}
	return New(r.URN, r.Type, properties, r.PropertyDependencies)
}

// New returns a resource. Its name is the last part of its URN.
func New(urn, typ string, properties map[string]any, dependsOn map[string][]string) Resource {
	name := urn
	if i := strings.LastIndex(urn, "::"); i >= 0 {
		name = urn[i+2:]
	}
	return Resource{URN: urn, Type: typ, Name: name, Properties: properties, DependsOn: dependsOn}
}

// The CLI's placeholders for unknown values, and for secrets in the JSON of a preview.
const (
	unknownText = "04da6b54-80e4-46f7-96ec-b56ff0331ba9" // plugin.UnknownStringValue of Pulumi's SDK
	secretText  = "[secret]"
)

// plain replaces unknown values and secrets.
func plain(value any) any {
	switch v := value.(type) {
	case string:
		if v == unknownText || v == secretText {
			return Unknown{}
		}
	case []any:
		for i := range v {
			v[i] = plain(v[i])
		}
	case map[string]any:
		if v[resource.SigKey] == resource.SecretSig {
			return Unknown{}
		}
		for name := range v {
			v[name] = plain(v[name])
		}
	}
	return value
}

// FromPropertyMap converts properties for rules: secrets become their values, and unknown values become [Unknown].
func FromPropertyMap(m resource.PropertyMap) map[string]any {
	properties := make(map[string]any, len(m))
	for name, value := range m {
		properties[string(name)] = fromProperty(value)
	}
	return properties
}

func fromProperty(v resource.PropertyValue) any {
	switch {
	case v.IsComputed():
		return Unknown{}
	case v.IsOutput():
		if !v.OutputValue().Known {
			return Unknown{}
		}
		return fromProperty(v.OutputValue().Element)
	case v.IsSecret():
		return fromProperty(v.SecretValue().Element)
	case v.IsArray():
		list := make([]any, len(v.ArrayValue()))
		for i, element := range v.ArrayValue() {
			list[i] = fromProperty(element)
		}
		return list
	case v.IsObject():
		return FromPropertyMap(v.ObjectValue())
	case v.IsBool(), v.IsNumber(), v.IsString():
		return v.V
	}
	return nil // also for assets and archives, which no rule reads
}
