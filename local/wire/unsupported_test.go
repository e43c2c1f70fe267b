package wire_test

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/smithy-go/encoding/cbor"
	"github.com/stretchr/testify/require"
)

// Clients of services that there are not get an error in the form of the protocol that they speak.
func TestServiceThatIsNotImplementedIsRefusedWithTheOperation(t *testing.T) {
	e := serve(t)
	send := func(service, path, body string, headers ...string) (*http.Response, string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, e.url+path, strings.NewReader(body))
		require.NoError(t, err)
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		hash := sha256.Sum256([]byte(body))
		require.NoError(t, v4.NewSigner().SignHTTP(t.Context(), userKey, r, hex.EncodeToString(hash[:]), service, "us-east-1", time.Now()))
		resp, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.Equal(t, http.StatusNotImplemented, resp.StatusCode)
		return resp, string(text)
	}

	resp, body := send("monitoring", "/service/GraniteServiceVersion20100801/operation/ListMetrics", "\xbf\xff",
		"Smithy-Protocol", "rpc-v2-cbor", "Content-Type", "application/cbor")
	require.Equal(t, "rpc-v2-cbor", resp.Header.Get("Smithy-Protocol"))
	value, err := cbor.Decode([]byte(body))
	require.NoError(t, err)
	require.Equal(t, cbor.Map{
		"__type": cbor.String("NotImplemented"), "message": cbor.String(`The embedded cloud does not implement the service "monitoring" (ListMetrics)`),
	}, value)

	_, body = send("monitoring", "/", "Action=ListMetrics&Version=2010-08-01", "Content-Type", "application/x-www-form-urlencoded")
	require.Contains(t, body, "<Code>NotImplemented</Code><Message>The embedded cloud does not implement the service &#34;monitoring&#34; (ListMetrics)</Message>")
	_, body = send("application-autoscaling", "/", "{}", "X-Amz-Target", "AnyScaleFrontendService.DescribeScalableTargets")
	require.JSONEq(t, `{"__type":"NotImplemented","message":"The embedded cloud does not implement the service \"application-autoscaling\" (DescribeScalableTargets)"}`, body)
	_, body = send("route53", "/2013-04-01/hostedzone", "")
	require.Contains(t, body, `<Error><Code>NotImplemented</Code><Message>The embedded cloud does not implement the service &#34;route53&#34;</Message>`)
	_, body = send("events", "/x", "")
	require.JSONEq(t, `{"Message":"The embedded cloud does not implement the service \"events\"","message":"The embedded cloud does not implement the service \"events\""}`, body)
}
