package policy

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

func TestParseAcceptsASingleValueInPlaceOfAList(t *testing.T) {
	got, err := Parse(`{"Version":"2012-10-17","Id":"p","Statement":{"Sid":"S","Effect":"Deny","Principal":{"AWS":"*"},"Action":"s3:*",
		"Resource":"arn:aws:s3:::b/*","Condition":{"Bool":{"aws:SecureTransport":false},"StringEquals":{"n":[1,2.50]}}}}`, Resource)
	require.NoError(t, err)
	want := &Document{Version: "2012-10-17", ID: "p", Statements: Statements{{
		Sid: "S", Effect: "Deny", Action: Strings{"s3:*"}, Resource: Strings{"arn:aws:s3:::b/*"},
		Principal: &Principals{Any: true, AWS: Strings{"*"}},
		Condition: map[string]map[string]Strings{
			"Bool": {"aws:SecureTransport": {"false"}}, "StringEquals": {"n": {"1", "2.50"}},
		},
	}}}
	require.Empty(t, cmp.Diff(want, got))
}

func TestParseRefuses(t *testing.T) {
	statement := func(s string) string { return `{"Version":"2012-10-17","Statement":[{` + s + `}]}` }
	const allow = `"Effect":"Allow","Action":"sqs:SendMessage"`
	const queue = `"Resource":"arn:aws:sqs:us-east-1:123456789012:q"`
	for _, c := range []struct {
		name string
		kind Kind
		text string
		want string
	}{
		{"no JSON", Identity, `{`, "unexpected EOF"},
		{"text after the document", Identity, statement(allow+`,`+queue) + `]`, "text after the JSON value"},
		{"an unknown element", Identity, statement(allow + `,` + queue + `,"Resources":"*"`), `"Resources"`},
		{"no version", Identity, `{"Statement":[{` + allow + `,` + queue + `}]}`, "Version"},
		{"a version that there is not", Identity, `{"Version":"2020-01-01","Statement":[{` + allow + `,` + queue + `}]}`, "2020-01-01"},
		{"no statement", Identity, `{"Version":"2012-10-17","Statement":[]}`, "at least one"},
		{"an effect that there is not", Identity, statement(`"Effect":"allow","Action":"*","Resource":"*"`), `"allow"`},
		{"no action", Identity, statement(`"Effect":"Allow",` + queue), "Action is required"},
		{"NotAction", Identity, statement(allow + `,"NotAction":"sqs:X",` + queue), "NotAction"},
		{"an action that is no string", Identity, statement(`"Effect":"Allow","Action":{"a":1},` + queue), "a string is wanted"},
		{"an action of null", Identity, statement(`"Effect":"Allow","Action":null,` + queue), "a string is wanted"},
		{"no resource", Identity, statement(allow), "Resource is required"},
		{"a resource that is no ARN", Identity, statement(allow + `,"Resource":"q"`), `"q" must be an ARN`},
		{"an ARN that is too short", Identity, statement(allow + `,"Resource":"arn:aws:sqs:*"`), `"arn:aws:sqs:*" must be an ARN`},
		{"a variable in a resource", Identity, statement(allow + `,"Resource":"arn:aws:sqs:us-east-1:123456789012:${aws:username}"`), "policy variables"},
		{"a variable in a condition", Identity, statement(allow + `,` + queue + `,"Condition":{"StringEquals":{"k":"${aws:username}"}}`), "policy variables"},
		{"an operator that there is not", Identity, statement(allow + `,` + queue + `,"Condition":{"StringIs":{"k":"v"}}`), `"StringIs"`},
		{"no principal in a resource policy", Resource, statement(allow + `,` + queue), "Principal is required"},
		{"no principal in a trust policy", Trust, statement(`"Effect":"Allow","Action":"sts:AssumeRole"`), "Principal is required"},
		{"a text as principal", Resource, statement(allow + `,` + queue + `,"Principal":"sns.amazonaws.com"`), "can only be *"},
		{"a kind of principal that is not supported", Resource, statement(allow + `,` + queue + `,"Principal":{"Federated":"x"}`), "Federated"},
		{"an address that is none", Identity, statement(allow + `,` + queue + `,"Condition":{"NotIpAddress":{"aws:SourceIp":"203.0.113.0/33"}}`), `"203.0.113.0/33" is not an address or a range of addresses`},
		{"NotPrincipal in an Allow", Resource, statement(allow + `,` + queue + `,"NotPrincipal":{"AWS":"123456789012"}`), `unknown field "NotPrincipal"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse(c.text, c.kind)
			require.ErrorContains(t, err, c.want)
			require.ErrorContains(t, err, "policy document is not valid")
		})
	}
}

func TestParseReportsEveryFaultOfEveryStatement(t *testing.T) {
	_, err := Parse(`{"Version":"1","Statement":[{"Effect":"No","Action":"x","Resource":"y"},{"Effect":"Allow","Action":"a:b"}]}`, Identity)
	for _, want := range []string{"Version", `Statement[0]: Effect`, `Statement[0]: Resource "y"`, `Statement[1]: Resource is required`} {
		require.ErrorContains(t, err, want)
	}
}
