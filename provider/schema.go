package provider

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// platform is the name of the package's only config value. platformHost is one of its values.
const (
	platform     = "platform"
	platformAWS  = "aws"
	platformHost = "host"
)

var platformProperty = property{
	reference{Type: "string"},
	"Where our functions run: `aws`, the default; or `host`, the machine that runs Pulumi, as the embedded cloud does. With `host`, " +
		"the default of `common.architecture` is that of the machine.",
}

// Schema returns the package's schema, as JSON.
func Schema(version string) ([]byte, error) {
	in := inference{types: map[string]typeSpec{}}
	config := map[string]property{platform: platformProperty}
	spec := packageSpec{
		Name: Name, DisplayName: "Order patterns", Version: version, License: "Apache-2.0",
		// With this, SDKs that are generated from the schema let the CLI download the plugin from the releases on GitHub.
		Download: "github://api.github.com/order-patterns/order-patterns",
		Description: "Serverless patterns of asynchronous processing on AWS: an API with an SNS fan-out, a Step Functions state machine, " +
			"a Kinesis stream or parallel checkers, with your functions or ours.",
		Keywords: []string{"pulumi", "aws", "category/cloud", "kind/component", "serverless", "lambda", "sns", "sqs", "kinesis", "step-functions"},
		Config:   configSpec{Variables: config},
		Provider: resourceSpec{
			object:          object{Description: "The provider of the components. They are made of resources of the AWS provider.", Properties: config},
			InputProperties: config,
		},
		Types: in.types, Resources: map[string]resourceSpec{},
		Language: map[string]any{
			"nodejs": map[string]any{"packageName": "@order-patterns/order-patterns", "respectSchemaVersion": true},
			"python": map[string]any{
				"packageName": "order_patterns", "respectSchemaVersion": true, "pyproject": map[string]any{"enabled": true},
			},
		},
	}
	for token, c := range all {
		var err error
		if spec.Resources[token], err = in.resource(c); err != nil {
			return nil, fmt.Errorf("inferring the schema of %s: %w", token, err)
		}
	}
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(spec)
	return text.Bytes(), err
}
