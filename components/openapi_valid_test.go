package components_test

import (
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/components"
)

// API Gateway's import refuses a document that is not valid OpenAPI 3.
func TestEveryDocumentIsValidOpenAPI3(t *testing.T) {
	other := &cloud{}
	require.NoError(t, other.run(func(ctx *pulumi.Context) error {
		fn, err := lambda.NewFunction(ctx, "fn", &lambda.FunctionArgs{Role: pulumi.String("arn:role")})
		if err != nil {
			return err
		}
		route := components.Route{
			Method: "GET", Path: "/order/{orderId}/{part}", Function: target(fn), Body: `{"type": "object"}`,
			Headers: []components.Parameter{{Name: "X-A"}}, Query: []components.Parameter{{Name: "q", Required: true}},
			Responses: []components.Response{{Status: 200}},
		}
		put := route
		put.Method = "PUT"
		_, err = components.NewOrderApi(ctx, "other-api", &components.OrderApiArgs{
			Authorizer: open,
			Routes:     []components.Route{route, put}, UsagePlan: &components.UsagePlan{RequireApiKey: true},
		})
		return err
	}))
	valid := func(t *testing.T, name string, c *cloud) {
		doc, err := openapi3.NewLoader().LoadFromData([]byte(c.inputs(t, restAPIType, name)["body"].(string)))
		require.NoError(t, err)
		require.NoError(t, doc.Validate(t.Context()))
		require.NotEmpty(t, doc.Paths.Map())
	}
	valid(t, "other-api", other)
	valid(t, "api", mixed(t, func(a *components.OrderApiArgs) { a.UsagePlan = &components.UsagePlan{RequireApiKey: true} }))
	ranges := pulumi.StringArray{pulumi.String("192.0.2.0/24")}
	for kind, auth := range authorizers {
		t.Run(kind, func(t *testing.T) {
			each(t, common{auth: auth, api: components.ApiSettings{AllowedCidrs: ranges}}, func(t *testing.T, pattern string, c *cloud) {
				valid(t, pattern+"-api", c)
			})
		})
	}
}
