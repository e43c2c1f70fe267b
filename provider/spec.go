package provider

// The parts of a package's schema that this package uses: https://www.pulumi.com/docs/iac/guides/building-extending/packages/schema/

type packageSpec struct {
	Name        string                  `json:"name"`
	DisplayName string                  `json:"displayName"`
	Version     string                  `json:"version"`
	Description string                  `json:"description"`
	Keywords    []string                `json:"keywords"`
	License     string                  `json:"license"`
	Download    string                  `json:"pluginDownloadURL"`
	Config      configSpec              `json:"config"`
	Provider    resourceSpec            `json:"provider"`
	Types       map[string]typeSpec     `json:"types"`
	Resources   map[string]resourceSpec `json:"resources"`
	Language    map[string]any          `json:"language"`
}

type configSpec struct {
	Variables map[string]property `json:"variables"`
}

type resourceSpec struct {
	object
	InputProperties map[string]property `json:"inputProperties,omitempty"`
	RequiredInputs  []string            `json:"requiredInputs,omitempty"`
	IsComponent     bool                `json:"isComponent,omitempty"`
}

type typeSpec struct {
	object
	Enum []enumValue `json:"enum,omitempty"`
}

type object struct {
	Description string              `json:"description"`
	Type        string              `json:"type,omitempty"`
	Properties  map[string]property `json:"properties,omitempty"`
	Required    []string            `json:"required,omitempty"`
}

type enumValue struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Value       string `json:"value"`
}

type property struct {
	reference
	Description string `json:"description"`
}

// reference is the type of a value. Plain is set for an input that cannot be an output of a resource.
type reference struct {
	Type                 string     `json:"type,omitempty"`
	Ref                  string     `json:"$ref,omitempty"`
	Items                *reference `json:"items,omitempty"`
	AdditionalProperties *reference `json:"additionalProperties,omitempty"`
	Plain                bool       `json:"plain,omitempty"`
}
