package main

import (
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/order-patterns/order-patterns/policy/rules"
)

// settings are the JSON schemas of the settings, by their names in [rules.Settings].
var settings = map[string]any{
	"allowNone":      map[string]any{"type": "boolean"},
	"minQueueDays":   map[string]any{"type": "number", "minimum": 0},
	"minStreamHours": map[string]any{"type": "number", "minimum": 24},
	"plainTopics":    map[string]any{"type": "string"},
	"tags":           map[string]any{"type": "array", "items": map[string]any{"type": "string"}},
	"wildcards": map[string]any{"type": "object", "additionalProperties": map[string]any{
		"type": "object",
		"properties": map[string]any{
			"reason":  map[string]any{"type": "string", "minLength": 1},
			"actions": map[string]any{"type": "array", "items": map[string]any{"type": "string"}},
		},
		"required": []any{"reason"}, "additionalProperties": false,
	}},
}

// configSchema returns the schema of a rule's settings for the engine. It returns nil if the rule has none.
func configSchema(rule rules.Rule) (*pulumirpc.PolicyConfigSchema, error) {
	if len(rule.Settings) == 0 {
		return nil, nil
	}
	own := map[string]any{}
	for _, name := range rule.Settings {
		own[name] = settings[name]
	}
	properties, err := structpb.NewStruct(own)
	if err != nil {
		return nil, err
	}
	return &pulumirpc.PolicyConfigSchema{Properties: properties}, nil
}
