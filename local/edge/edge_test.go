package edge_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/edge"
	"github.com/order-patterns/order-patterns/local/internal/cloudtest"
	"github.com/order-patterns/order-patterns/local/provider"
)

const (
	record      = "aws:route53/record:Record"
	association = "aws:wafv2/webAclAssociation:WebAclAssociation"
)

var (
	alias = map[string]any{"zoneId": "Z0123456789", "name": "api.example.com", "type": "A", "aliases": []any{
		map[string]any{"name": "d-x.execute-api.us-east-1.amazonaws.com", "zoneId": "Z1UJRXOUMOOFQ8", "evaluateTargetHealth": false},
	}}
	acl = map[string]any{
		"resourceArn": "arn:aws:apigateway:us-east-1::/restapis/abc/stages/prod",
		"webAclArn":   "arn:aws:wafv2:us-east-1:123456789012:regional/webacl/orders/1-2",
	}
)

func TestRecordsAndAssociationsAreKept(t *testing.T) {
	e := &cloudtest.Engine{Provider: provider.New("us-east-1", edge.Kinds(), nil), Name: "x"}
	for kind, inputs := range map[string]map[string]any{record: alias, association: acl} {
		id, state := e.MustDeploy(t, kind, inputs)
		require.Equal(t, inputs, state)
		require.Equal(t, inputs, e.Read(t, kind, id))
		require.NoError(t, e.Update(t, kind, id, inputs))
		require.NoError(t, e.Delete(t, kind, id))
		require.Nil(t, e.Read(t, kind, id))
	}
}

func TestInputsAreChecked(t *testing.T) {
	e := &cloudtest.Engine{Provider: provider.New("us-east-1", edge.Kinds(), nil), Name: "x"}
	with := func(inputs map[string]any, name string, value any) map[string]any {
		out := map[string]any{name: value}
		for n, v := range inputs {
			if n != name {
				out[n] = v
			}
		}
		return out
	}
	for want, tc := range map[string]struct {
		kind   string
		inputs map[string]any
	}{
		"the id of a hosted zone":               {record, with(alias, "zoneId", "example.com")},
		`must be one of ["A"`:                   {record, with(alias, "type", "MX")},
		"records is not supported":              {record, with(alias, "records", []any{"127.0.0.1"})},
		"the ARN of a stage of a REST API":      {association, with(acl, "resourceArn", "arn:aws:sqs:us-east-1:123456789012:q")},
		"the ARN of a regional web ACL of this": {association, with(acl, "webAclArn", "arn:aws:wafv2:us-east-1:123456789012:global/webacl/orders/1-2")},
	} {
		failures := e.Check(t, tc.kind, tc.inputs).GetFailures()
		require.Len(t, failures, 1, want)
		require.Contains(t, failures[0].GetReason(), want)
	}
}
