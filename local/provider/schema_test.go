package provider_test

import (
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"
)

func TestTheSchemaHasTheInputsAndOutputsOfEachType(t *testing.T) {
	out, err := connect(t, things{}).GetSchema(t.Context(), &pulumirpc.GetSchemaRequest{})
	require.NoError(t, err)
	require.JSONEq(t, `{"name": "aws", "version": "6.83.2", "resources": {
		"aws:test/fixed:Fixed": {
			"inputProperties": {"value": {"$ref": "pulumi.json#/Any"}},
			"properties": {"value": {"$ref": "pulumi.json#/Any"}}
		},
		"aws:test/thing:Thing": {
			"inputProperties": {
				"name": {"$ref": "pulumi.json#/Any"}, "required": {"$ref": "pulumi.json#/Any"}, "size": {"$ref": "pulumi.json#/Any"},
				"rate": {"$ref": "pulumi.json#/Any"}, "on": {"$ref": "pulumi.json#/Any"}, "kind": {"$ref": "pulumi.json#/Any"},
				"list": {"$ref": "pulumi.json#/Any"}, "tags": {"$ref": "pulumi.json#/Any"}, "part": {"$ref": "pulumi.json#/Any"},
				"code": {"$ref": "pulumi.json#/Any"}
			},
			"properties": {
				"name": {"$ref": "pulumi.json#/Any"}, "required": {"$ref": "pulumi.json#/Any"}, "size": {"$ref": "pulumi.json#/Any"},
				"rate": {"$ref": "pulumi.json#/Any"}, "on": {"$ref": "pulumi.json#/Any"}, "kind": {"$ref": "pulumi.json#/Any"},
				"list": {"$ref": "pulumi.json#/Any"}, "tags": {"$ref": "pulumi.json#/Any"}, "part": {"$ref": "pulumi.json#/Any"},
				"code": {"$ref": "pulumi.json#/Any"}, "arn": {"$ref": "pulumi.json#/Any"}, "tagsAll": {"$ref": "pulumi.json#/Any"}
			}
		}
	}}`, out.GetSchema())
}
