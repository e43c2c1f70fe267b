package idempotency_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/checker/idempotency"
	"github.com/order-patterns/order-patterns/handlers/kit/httpapi"
	"github.com/order-patterns/order-patterns/order/checker"
)

func TestValidKeysAreAccepted(t *testing.T) {
	for _, key := range []string{"k", "8e03978e-40d5-43e8-bc93-6894a57f9324", `!"#$%&'()*+,-./:;<=>?@[\]^_{|}~` + "`", strings.Repeat("k", checker.MaxIdempotencyKey)} {
		got, fault := idempotency.Key(httpapi.Request{Headers: map[string]string{"Idempotency-Key": key}})
		require.Nil(t, fault, key)
		require.Equal(t, key, got)
	}
	got, fault := idempotency.Key(httpapi.Request{})
	require.Nil(t, fault)
	require.Empty(t, got)
}

func TestInvalidKeysAreRefused(t *testing.T) {
	for key, got := range map[string]string{"": `""`, "a b": `"a b"`, "ä": `"ä"`, "a\n": `"a\n"`, strings.Repeat("k", 129): `"` + strings.Repeat("k", 64) + `…"`} {
		_, fault := idempotency.Key(httpapi.Request{Headers: map[string]string{"idempotency-key": key}})
		require.Equal(t, 400, fault.Status)
		require.Equal(t, "header Idempotency-Key: must be 1 to 128 printable ASCII characters without spaces, got "+got, fault.Message)
	}
}
