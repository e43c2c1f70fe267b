package account_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"github.com/jonboulle/clockwork"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/policy"
)

func TestARNs(t *testing.T) {
	require.Equal(t, "arn:aws:sqs:us-east-1:123456789012:orders", account.ARN("sqs", "orders"))
	require.Equal(t, "arn:aws:iam::123456789012:role/r", account.GlobalARN("iam", "role/r"))
}

func TestEndpointIsEmptyUntilSet(t *testing.T) {
	a := account.New(clockwork.NewRealClock(), slog.Default())
	require.Empty(t, a.Endpoint())
	a.SetEndpoint("http://127.0.0.1:1")
	require.Equal(t, "http://127.0.0.1:1", a.Endpoint())
}

func TestFaultAppliesOnlyToAllowedActions(t *testing.T) {
	a := account.New(clockwork.NewRealClock(), slog.Default())
	var struck []string
	errFault := errors.New("fault")
	a.Faults.Add(fault.Rule{Do: func(_ context.Context, e fault.Event) error {
		struck = append(struck, e.Principal)
		return errFault
	}})
	open, err := policy.Parse(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}`, policy.Resource)
	require.NoError(t, err)
	r := policy.Request{Principal: policy.ServicePrincipal("sns.amazonaws.com"), Action: "sqs:SendMessage", Resource: account.ARN("sqs", "q")}

	var denied *policy.DeniedError
	require.ErrorAs(t, a.Authorize(t.Context(), r), &denied)
	require.Empty(t, struck)

	r.ResourcePolicy = open
	require.ErrorIs(t, a.Authorize(t.Context(), r), errFault)
	require.Equal(t, []string{"sns.amazonaws.com"}, struck)
}

func TestRefusedActionIsObserved(t *testing.T) {
	a := account.New(clockwork.NewRealClock(), slog.Default())
	var refused []string
	a.Faults.Add(fault.Rule{When: fault.Refused, Do: func(_ context.Context, e fault.Event) error {
		refused = append(refused, e.Principal+" "+e.Action)
		return errors.New("ignored")
	}})
	r := policy.Request{Principal: policy.ServicePrincipal("sns.amazonaws.com"), Action: "sqs:SendMessage", Resource: account.ARN("sqs", "q")}
	var denied *policy.DeniedError
	require.ErrorAs(t, a.Authorize(t.Context(), r), &denied)
	require.Equal(t, []string{"sns.amazonaws.com sqs:SendMessage"}, refused)
}

func TestUsesAreRecordedOnlyWhenAskedFor(t *testing.T) {
	a := account.New(clockwork.NewRealClock(), slog.Default())
	parse := func(kind policy.Kind, statements string) *policy.Document {
		d, err := policy.Parse(`{"Version":"2012-10-17","Statement":[`+statements+`]}`, kind)
		require.NoError(t, err)
		return d
	}
	queue, topic := account.ARN("sqs", "q"), account.ARN("sns", "t")
	docs := []*policy.Document{parse(policy.Identity, `{"Sid":"Send","Effect":"Allow","Action":["sqs:ReceiveMessage","sqs:Send*"],"Resource":["`+topic+`","`+account.ARN("sqs", "*")+`"]}`)}
	role := policy.Principal{ARN: "arn:aws:sts::123456789012:assumed-role/r/s", RoleARN: account.GlobalARN("iam", "role/r"),
		Policies: func() []*policy.Document { return docs }}
	send := policy.Request{Principal: role, Action: "sqs:SendMessage", Resource: queue}
	require.NoError(t, a.Authorize(t.Context(), send))

	uses, stop := a.RecordUses()
	require.Empty(t, uses())
	require.NoError(t, a.Authorize(t.Context(), send))
	require.NoError(t, a.Authorize(t.Context(), send))
	want := map[account.Use]bool{{Principal: role.RoleARN, Grant: policy.Grant{Sid: "Send", Action: "sqs:Send*", Resource: account.ARN("sqs", "*")}}: true}
	require.Equal(t, want, uses())

	send.Action = "sqs:DeleteMessage"
	require.Error(t, a.Authorize(t.Context(), send))
	send.Action = "sqs:ReceiveMessage"
	send.ResourcePolicy = parse(policy.Resource, `{"Sid":"No","Effect":"Deny","Principal":"*","Action":"sqs:*","Resource":"*"}`)
	require.Error(t, a.Authorize(t.Context(), send), "one policy allows it, the other denies it")
	require.Equal(t, want, uses())

	// A trust policy has no resources.
	service := policy.Request{Principal: policy.ServicePrincipal("lambda.amazonaws.com"), Action: "sts:AssumeRole", Resource: role.RoleARN,
		ResourcePolicy: parse(policy.Trust, `{"Sid":"Assume","Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}`)}
	require.NoError(t, a.Decide(t.Context(), service))
	want[account.Use{Principal: "lambda.amazonaws.com", Grant: policy.Grant{Sid: "Assume", Action: "sts:AssumeRole", Resource: role.RoleARN}}] = true
	require.Equal(t, want, uses())

	stop()
	send = policy.Request{Principal: role, Action: "sqs:ReceiveMessage", Resource: queue}
	require.NoError(t, a.Authorize(t.Context(), send))
	require.Equal(t, want, uses())
}
