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
	domain      = "aws:apigateway/domainName:DomainName"
	mapping     = "aws:apigateway/basePathMapping:BasePathMapping"
)

var (
	alias = map[string]any{"zoneId": "Z0123456789", "name": "api.example.com", "type": "A", "aliases": []any{
		map[string]any{"name": "d-x.execute-api.us-east-1.amazonaws.com", "zoneId": "Z1UJRXOUMOOFQ8", "evaluateTargetHealth": false},
	}}
	acl = map[string]any{
		"resourceArn": "arn:aws:apigateway:us-east-1::/restapis/abc/stages/prod",
		"webAclArn":   "arn:aws:wafv2:us-east-1:123456789012:regional/webacl/orders/1-2",
	}
	name = map[string]any{
		"domainName": "api.example.com", "regionalCertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/x",
		"endpointConfiguration": map[string]any{"types": "REGIONAL"}, "securityPolicy": "TLS_1_2",
	}
	root = map[string]any{"domainName": "api.example.com", "restApi": "abc", "stageName": "prod"}
)

func TestRecordsAndAssociationsAreKept(t *testing.T) {
	e := &cloudtest.Engine{Provider: provider.New("us-east-1", edge.Kinds(), nil), Name: "x"}
	for kind, inputs := range map[string]map[string]any{record: alias, association: acl, mapping: root} {
		id, state := e.MustDeploy(t, kind, inputs)
		require.Equal(t, inputs, state)
		require.Equal(t, inputs, e.Read(t, kind, id))
		require.NoError(t, e.Update(t, kind, id, inputs))
		require.NoError(t, e.Delete(t, kind, id))
		require.Nil(t, e.Read(t, kind, id))
	}
}

func TestADomainHasTheOutputsThatARecordNeeds(t *testing.T) {
	e := &cloudtest.Engine{Provider: provider.New("us-east-1", edge.Kinds(), nil), Name: "x"}
	id, state := e.MustDeploy(t, domain, name)
	require.Equal(t, "api.example.com", state["domainName"])
	require.Equal(t, "Z1UJRXOUMOOFQ8", state["regionalZoneId"])
	require.Regexp(t, `^d-[a-z0-9]{10}\.execute-api\.us-east-1\.amazonaws\.com$`, state["regionalDomainName"])
	require.NoError(t, e.Delete(t, domain, id))
	require.Nil(t, e.Read(t, domain, id))
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
		`must be one of ["REGIONAL"]`: {domain, with(name, "endpointConfiguration", map[string]any{"types": "EDGE"})},
		"basePath is not supported":   {mapping, with(root, "basePath", "v1")},
		`must be one of ["A"`:         {record, with(alias, "type", "MX")},
		"records is not supported":    {record, with(alias, "records", []any{"127.0.0.1"})},
	} {
		failures := e.Check(t, tc.kind, tc.inputs).GetFailures()
		require.Len(t, failures, 1, want)
		require.Contains(t, failures[0].GetReason(), want)
	}
}
