package integration_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/cmd/client/auth"
)

// signed sends the request of a route, signed.
func (r apiRoute) signed(t *testing.T, sign auth.Authorize, change func(*http.Request)) response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), r.method, r.url, strings.NewReader(r.body))
	require.NoError(t, err)
	if r.body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(r.header); i += 2 {
		req.Header.Set(r.header[i], r.header[i+1])
	}
	require.NoError(t, sign(req))
	if change != nil {
		change(req)
	}
	got, err := do(req)
	require.NoError(t, err)
	return got
}

// TestSignaturesDecideWhoMayCall deploys all patterns with auth=iam, on a cloud of its own.
func TestSignaturesDecideWhoMayCall(t *testing.T) {
	deployApart(t, map[string]string{"pattern": "all", "auth": "iam"})
	cloud := embedded(t)
	account := newAccount()
	signer := func(id, secret, session string) auth.Authorize {
		return auth.SigV4(aws.NewCredentialsCache(credentials.NewStaticCredentialsProvider(id, secret, session)), "us-east-1")
	}
	admin := signer(cloud.Admin.AccessKeyID, cloud.Admin.SecretAccessKey, "")
	routes := allRoutes(account)

	t.Run("a request that is not signed is 401", func(t *testing.T) {
		for _, r := range routes {
			got := r.call(t, "")
			requireRefused(t, r, got, http.StatusUnauthorized, "")
			require.Equal(t, "AWS4-HMAC-SHA256", got.header.Get("WWW-Authenticate"), r)
		}
	})
	t.Run("a wrong signature is refused", func(t *testing.T) {
		for _, r := range routes {
			requireRefused(t, r, r.signed(t, signer(cloud.Admin.AccessKeyID, "wrong", ""), nil), http.StatusForbidden, "")
			requireRefused(t, r, r.signed(t, signer("AKIAUNKNOWN", "wrong", ""), nil), http.StatusForbidden, "")
			requireRefused(t, r, r.signed(t, admin, func(req *http.Request) { req.URL.RawQuery += "&more=1" }), http.StatusForbidden, "")
		}
	})
	t.Run("whoever has no permission is refused", func(t *testing.T) {
		_, keys, err := cloud.IAM.AssumeRole("lambda.amazonaws.com", "arn:aws:iam::123456789012:role/"+fanOut(t).Functions["get-order"].RoleName, "s", nil)
		require.NoError(t, err)
		for _, r := range routes {
			requireRefused(t, r, r.signed(t, signer(keys.AccessKeyID, keys.SecretAccessKey, keys.SessionToken), nil), http.StatusForbidden, "")
		}
	})
	t.Run("whoever may is served", func(t *testing.T) {
		for _, r := range routes {
			got := r.signed(t, admin, nil)
			require.NotContains(t, []int{http.StatusUnauthorized, http.StatusForbidden}, got.status, "%s: %s", r, got.body)
			require.Less(t, got.status, 500, "%s: %s", r, got.body)
		}
		forEachCoffeePattern(t, func(t *testing.T, url string) {
			read := apiRoute{method: http.MethodGet, url: url + "/order?vendorid=v0&accountid=" + account}
			require.Eventually(t, func() bool { return read.signed(t, admin, nil).status == http.StatusOK }, 20*time.Second, 20*time.Millisecond)
		})
	})
	t.Run("preflights need no signature", preflightsAreOpen)
}
