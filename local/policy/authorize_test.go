package policy

import (
	"errors"
	"maps"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	queue = "arn:aws:sqs:us-east-1:123456789012:orders"
	topic = "arn:aws:sns:us-east-1:123456789012:orders"
)

func parse(t *testing.T, kind Kind, statements string) *Document {
	t.Helper()
	if statements == "" {
		return nil
	}
	d, err := Parse(`{"Version":"2012-10-17","Statement":[`+statements+`]}`, kind)
	require.NoError(t, err)
	return d
}

// session is a role's session with one identity policy; none if statements is empty.
func session(t *testing.T, statements string) Principal {
	t.Helper()
	var docs []*Document
	if statements != "" {
		docs = append(docs, parse(t, Identity, statements))
	}
	return Principal{
		ARN:      "arn:aws:sts::123456789012:assumed-role/store/session",
		RoleARN:  "arn:aws:iam::123456789012:role/store",
		Policies: func() []*Document { return docs },
	}
}

func TestAuthorize(t *testing.T) {
	const (
		allowSend = `{"Effect":"Allow","Action":"sqs:SendMessage","Resource":"` + queue + `"}`
		denyAll   = `{"Effect":"Deny","Action":"*","Resource":"*"}`
		fromTopic = `{"Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"},"Action":"sqs:SendMessage","Resource":"` + queue + `",
			"Condition":{"ArnEquals":{"aws:SourceArn":"` + topic + `"}}}`
	)
	// to is a statement of a resource policy for these principals.
	to := func(effect, principal string) string {
		return `{"Effect":"` + effect + `","Principal":` + principal + `,"Action":"sqs:*","Resource":"*"}`
	}
	fn, bare := session(t, allowSend), session(t, "")
	sns := ServicePrincipal("sns.amazonaws.com")
	source := map[string]string{"aws:SourceArn": topic}
	for _, c := range []struct {
		name     string
		who      Principal
		action   string
		resource string
		attached string // statements of the resource policy
		keys     map[string]string
		allowed  bool
		explicit string
	}{
		{name: "nothing is allowed that no policy allows", who: bare},
		{name: "an identity policy allows", who: fn, allowed: true},
		{name: "of another action it does not", who: fn, action: "sqs:DeleteMessage"},
		{name: "nor of another resource", who: fn, resource: queue + "2"},
		{name: "actions compare without regard to case", who: session(t, `{"Effect":"Allow","Action":"SQS:sendmessage","Resource":"*"}`), allowed: true},
		{name: "wildcards in actions", who: session(t, `{"Effect":"Allow","Action":["sqs:Get*","sqs:S??dMessage"],"Resource":"*"}`), allowed: true},
		{name: "an explicit deny of the identity wins", who: session(t, allowSend+`,`+denyAll), explicit: "an identity-based"},
		{name: "whatever the order", who: session(t, denyAll+`,`+allowSend), explicit: "an identity-based"},
		{name: "and over a resource policy that allows", who: session(t, denyAll), attached: to("Allow", `"*"`), explicit: "an identity-based"},
		{name: "an explicit deny of the resource wins", who: fn, attached: to("Deny", `"*"`), explicit: "a resource-based"},
		{name: "also behind an allow of the resource", who: fn, attached: to("Allow", `"*"`) + `,` + to("Deny", `{"AWS":"123456789012"}`), explicit: "a resource-based"},
		{name: "a deny whose condition is not met is none", who: session(t, allowSend+`,{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"ArnLike":{"aws:SourceArn":"arn:*"}}}`), allowed: true},

		{name: "a resource policy allows everybody", who: bare, attached: to("Allow", `"*"`), allowed: true},
		{name: "everybody includes who did not sign", who: Principal{}, attached: to("Allow", `{"AWS":"*"}`), allowed: true},
		{name: "who did not sign is not allowed otherwise", who: Principal{}, attached: to("Allow", `{"AWS":"123456789012"}`)},
		{name: "a resource policy allows a role", who: bare, attached: to("Allow", `{"AWS":"arn:aws:iam::123456789012:role/store"}`), allowed: true},
		{name: "or one session of it", who: bare, attached: to("Allow", `{"AWS":"arn:aws:sts::123456789012:assumed-role/store/session"}`), allowed: true},
		{name: "not another role", who: bare, attached: to("Allow", `{"AWS":"arn:aws:iam::123456789012:role/stor"}`)},
		{name: "the account as principal leaves it to identity policies", who: bare, attached: to("Allow", `{"AWS":"arn:aws:iam::123456789012:root"}`)},
		{name: "but a deny of the account denies", who: fn, attached: to("Deny", `{"AWS":"arn:aws:iam::123456789012:root"}`), explicit: "a resource-based"},
		{name: "a deny of another account does not", who: fn, attached: to("Deny", `{"AWS":"210987654321"}`), allowed: true},

		{name: "a service is allowed by the resource's policy", who: sns, attached: fromTopic, keys: source, allowed: true},
		{name: "if it acts for that topic", who: sns, attached: fromTopic, keys: map[string]string{"aws:SourceArn": topic + "2"}},
		{name: "and says for which", who: sns, attached: fromTopic},
		{name: "another service is not", who: ServicePrincipal("s3.amazonaws.com"), attached: fromTopic, keys: source},
		{name: "nor a function that claims the topic's key", who: bare, attached: fromTopic, keys: source},
		{name: "a service has no permission of its own", who: sns},

		{name: "aws:PrincipalArn is the role", who: bare, attached: `{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*",
			"Condition":{"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::123456789012:role/store"}}}`, allowed: true},
		{name: "and cannot be claimed", who: bare, keys: map[string]string{"aws:PrincipalArn": "arn:aws:iam::123456789012:role/admin"},
			attached: `{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*",
			"Condition":{"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::123456789012:role/admin"}}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := Request{Principal: c.who, Action: "sqs:SendMessage", Resource: queue, Keys: maps.Clone(c.keys), ResourcePolicy: parse(t, Resource, c.attached)}
			if c.action != "" {
				r.Action = c.action
			}
			if c.resource != "" {
				r.Resource = c.resource
			}
			err := Authorize(r)
			require.Equal(t, c.keys, r.Keys, "the caller's keys are left alone")
			if c.allowed {
				require.NoError(t, err)
				return
			}
			var denied *DeniedError
			require.ErrorAs(t, err, &denied)
			require.Equal(t, c.explicit, denied.Explicit)
		})
	}
}

func TestTrustPolicyDecidesWhoMayAssumeTheRole(t *testing.T) {
	trust := parse(t, Trust, `{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}`)
	assume := func(p Principal, action string) error {
		return Authorize(Request{Principal: p, Action: action, Resource: "arn:aws:iam::123456789012:role/store", ResourcePolicy: trust})
	}
	require.NoError(t, assume(ServicePrincipal("lambda.amazonaws.com"), "sts:AssumeRole"))
	require.Error(t, assume(ServicePrincipal("states.amazonaws.com"), "sts:AssumeRole"))
	require.Error(t, assume(ServicePrincipal("lambda.amazonaws.com"), "sts:TagSession"))
	require.Error(t, assume(session(t, ""), "sts:AssumeRole"))
}

func TestPoliciesAreReadAtEachDecision(t *testing.T) {
	p := session(t, "")
	r := Request{Principal: p, Action: "sqs:SendMessage", Resource: queue}
	require.Error(t, Authorize(r))
	now := parse(t, Identity, `{"Effect":"Allow","Action":"*","Resource":"*"}`)
	r.Principal.Policies = func() []*Document { return []*Document{now} }
	require.NoError(t, Authorize(r))
}

func TestDenialHasAWSsMessage(t *testing.T) {
	message := func(r Request) string {
		var denied *DeniedError
		require.True(t, errors.As(Authorize(r), &denied))
		return denied.Error()
	}
	const who = "arn:aws:sts::123456789012:assumed-role/store/session"
	require.Equal(t, "User: "+who+" is not authorized to perform: sqs:SendMessage on resource: "+queue+
		" because no identity-based policy allows the sqs:SendMessage action",
		message(Request{Principal: session(t, ""), Action: "sqs:SendMessage", Resource: queue}))
	require.Equal(t, "User: "+who+" is not authorized to perform: sqs:SendMessage on resource: "+queue+
		" with an explicit deny in an identity-based policy",
		message(Request{Principal: session(t, `{"Effect":"Deny","Action":"*","Resource":"*"}`), Action: "sqs:SendMessage", Resource: queue}))
	require.Equal(t, "User: sns.amazonaws.com is not authorized to perform: sqs:SendMessage on resource: "+queue+
		" with an explicit deny in a resource-based policy",
		message(Request{Principal: ServicePrincipal("sns.amazonaws.com"), Action: "sqs:SendMessage", Resource: queue,
			ResourcePolicy: parse(t, Resource, `{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}`)}))
	require.Equal(t, "User: anonymous is not authorized to perform: sqs:SendMessage on resource: "+queue+
		" because no resource-based policy allows the sqs:SendMessage action",
		message(Request{Action: "sqs:SendMessage", Resource: queue}))
}
