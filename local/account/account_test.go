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
