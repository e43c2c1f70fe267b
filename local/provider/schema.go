package provider

import (
	"context"
	"encoding/json"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// GetSchema returns which resource types there are and which properties they have, each of any type. The language host of Pulumi YAML
// asks for it. Check validates the types of values.
//
// See https://www.pulumi.com/docs/iac/guides/building-extending/packages/schema/
func (s *Server) GetSchema(ctx context.Context, _ *pulumirpc.GetSchemaRequest) (*pulumirpc.GetSchemaResponse, error) {
	type properties map[resource.PropertyKey]map[string]string
	anything := map[string]string{"$ref": "pulumi.json#/Any"}
	resources := map[string]map[string]properties{}
	for token, kind := range s.kinds {
		inputs, all, given := properties{}, properties{}, resource.PropertyMap{}
		for key := range kind.inputKeys() {
			inputs[key], given[key] = anything, resource.NewNullProperty()
		}
		for key := range kind.preview(given) {
			all[key] = anything
		}
		resources[token] = map[string]properties{"inputProperties": inputs, "properties": all}
	}
	info, err := s.GetPluginInfo(ctx, nil)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(map[string]any{"name": "aws", "version": info.GetVersion(), "resources": resources})
	return &pulumirpc.GetSchemaResponse{Schema: string(text)}, err
}
