package auth_test

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/cmd/client/auth"
)

func request(t *testing.T, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://api.example/prod/order", strings.NewReader(body))
	require.NoError(t, err)
	return r
}

func TestATokenIsReusedAndRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var issued int
		authorize := auth.Bearer(time.Minute, func(context.Context) (string, error) {
			issued++
			return strconv.Itoa(issued), nil
		})
		for _, want := range []string{"Bearer 1", "Bearer 1", "Bearer 2"} {
			r := request(t, "")
			require.NoError(t, authorize(r))
			require.Equal(t, want, r.Header.Get("Authorization"))
			time.Sleep(40 * time.Second)
		}
	})
}

func TestATokenThatCannotBeHadIsAnError(t *testing.T) {
	err := auth.Bearer(time.Minute, func(context.Context) (string, error) { return "", errors.New("no issuer") })(request(t, ""))
	require.EqualError(t, err, "getting a token: no issuer")
}

func TestASignatureCoversTheBody(t *testing.T) {
	sign := auth.SigV4(credentials.NewStaticCredentialsProvider("AKIA", "secret", ""), "eu-west-1")
	signature := func(body string) string {
		r := request(t, body)
		require.NoError(t, sign(r))
		sent := make([]byte, len(body))
		_, err := r.Body.Read(sent)
		require.NoError(t, err)
		require.Equal(t, body, string(sent), "the body can still be sent")
		return r.Header.Get("Authorization")
	}
	a := signature("a")
	require.Contains(t, a, "Credential=AKIA/")
	require.Contains(t, a, "/eu-west-1/execute-api/aws4_request")
	require.NotEqual(t, a, signature("b"))
}
