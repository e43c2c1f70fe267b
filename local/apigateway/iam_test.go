package apigateway_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/account"
)

// signedAPI is an API whose methods of /order need a signature.
func signedAPI(t testing.TB) *api {
	t.Helper()
	return newCloud(t).deploy(t, secured(t, map[string]any{"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "awsSigv4"}), nil)
}

// signature is how a request is signed, and what happens to it afterwards.
type signature struct {
	by      aws.Config
	service string // execute-api by default
	at      time.Time
	presign bool
	then    func(*http.Request)
}

func (s signature) call(t testing.TB, a *api, line, body string) answer {
	t.Helper()
	method, path, _ := strings.Cut(line, " ")
	r, err := http.NewRequestWithContext(t.Context(), method, a.url+path, bytes.NewReader([]byte(body)))
	require.NoError(t, err)
	if s.service == "" {
		s.service = "execute-api"
	}
	if s.at.IsZero() {
		s.at = time.Now()
	}
	if s.by.Credentials != nil {
		key, err := s.by.Credentials.Retrieve(t.Context())
		require.NoError(t, err)
		sum := sha256.Sum256([]byte(body))
		if hash := hex.EncodeToString(sum[:]); s.presign {
			q := r.URL.Query()
			q.Set("X-Amz-Expires", "60")
			r.URL.RawQuery = q.Encode()
			url, _, err := v4.NewSigner().PresignHTTP(t.Context(), key, r, "UNSIGNED-PAYLOAD", s.service, account.Region, s.at)
			require.NoError(t, err)
			r.URL, err = r.URL.Parse(url)
			require.NoError(t, err)
		} else {
			require.NoError(t, v4.NewSigner().SignHTTP(t.Context(), key, r, hash, s.service, account.Region, s.at))
		}
	}
	if s.then != nil {
		s.then(r)
	}
	return send(t, r)
}

const allowOrders = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:us-east-1:123456789012:*/prod/*/order*"}]}`

func TestASignedRequestIsAllowedByThePoliciesOfWhoSigned(t *testing.T) {
	a := signedAPI(t)
	p, caller := a.Role(t, "caller", allowOrders)
	require.Equal(t, 202, signature{by: caller}.call(t, a, "POST /order", `{"order":{"accountid":"a0","vendorid":"v0"}}`).status)
	require.Equal(t, 202, signature{by: caller}.call(t, a, "GET /order/a%20b/status?z=1&a=%2F", "").status, "an escaped path and query")
	require.Equal(t, 202, signature{by: caller, presign: true}.call(t, a, status, "").status, "the signature in the query")
	require.Equal(t, 202, signature{by: a.Admin}.call(t, a, status, "").status, "a user")

	signature{by: caller}.call(t, a, status, "")
	key, err := caller.Credentials.Retrieve(t.Context())
	require.NoError(t, err)
	identity := a.functions.event(t)["requestContext"].(map[string]any)["identity"].(map[string]any)
	for name, want := range map[string]string{"userArn": p.ARN, "caller": p.ID, "user": p.ID, "accountId": account.ID, "accessKey": key.AccessKeyID} {
		require.Equal(t, want, identity[name], name)
	}
}

func TestASignatureThatIsWrongIsRefused(t *testing.T) {
	a := signedAPI(t)
	_, caller := a.Role(t, "caller", allowOrders)
	_, poor := a.Role(t, "poor", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:us-east-1:123456789012:*/prod/GET/order"}]}`)
	unknown := caller.Copy()
	unknown.Credentials = aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) {
		key, err := caller.Credentials.Retrieve(ctx)
		key.AccessKeyID = "ASIAUNKNOWN"
		return key, err
	})
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	for name, tc := range map[string]struct {
		signature
		kind, errorType string
	}{
		"unsigned":           {signature{}, "MISSING_AUTHENTICATION_TOKEN", "MissingAuthenticationTokenException"},
		"another scheme":     {signature{then: header("Authorization", "Bearer x")}, "INVALID_SIGNATURE", "IncompleteSignatureException"},
		"changed query":      {signature{by: caller, then: func(r *http.Request) { r.URL.RawQuery = "a=1" }}, "INVALID_SIGNATURE", "InvalidSignatureException"},
		"changed path":       {signature{by: caller, then: func(r *http.Request) { r.URL.Path = strings.Replace(r.URL.Path, "/1/", "/2/", 1) }}, "INVALID_SIGNATURE", "InvalidSignatureException"},
		"for another":        {signature{by: caller, service: "sqs"}, "INVALID_SIGNATURE", "InvalidSignatureException"},
		"unknown key":        {signature{by: unknown}, "INVALID_SIGNATURE", "UnrecognizedClientException"},
		"another token":      {signature{by: caller, then: header("X-Amz-Security-Token", "x")}, "INVALID_SIGNATURE", "UnrecognizedClientException"},
		"too old":            {signature{by: caller, at: time.Now().Add(-16 * time.Minute)}, "EXPIRED_TOKEN", "RequestTimeTooSkewedException"},
		"expired":            {signature{by: caller, presign: true, at: time.Now().Add(-2 * time.Minute)}, "EXPIRED_TOKEN", "AccessDeniedException"},
		"without permission": {signature{by: poor}, "ACCESS_DENIED", "AccessDeniedException"},
	} {
		t.Run(name, func(t *testing.T) {
			got := tc.call(t, a, status, "")
			require.Equal(t, 403, got.status)
			require.Equal(t, tc.errorType, got.header.Get("x-amzn-ErrorType"))
			var body struct{ Message, Type string }
			require.NoError(t, json.Unmarshal([]byte(got.body), &body))
			require.Equal(t, tc.kind, body.Type)
			require.NotEmpty(t, body.Message)
		})
	}
	require.Zero(t, a.functions.calls)
	got := signature{by: caller, then: func(r *http.Request) { r.Body = http.NoBody; r.ContentLength = 0 }}.call(t, a, "POST /order", `{"order":{}}`)
	require.Equal(t, 403, got.status, "without its body")
}

func TestADeniedSignerReadsWhatIsMissing(t *testing.T) {
	a := signedAPI(t)
	p, poor := a.Role(t, "poor", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:us-east-1:123456789012:*/prod/GET/order"}]}`)
	got := signature{by: poor}.call(t, a, status, "")
	require.Contains(t, got.body, "User: "+p.ARN+" is not authorized to perform: execute-api:Invoke on resource: "+
		account.ARN("execute-api", a.id+"/prod/GET/order/1/status")+" because no identity-based policy allows the execute-api:Invoke action")
}

func TestAResourcePolicyDecidesByAddress(t *testing.T) {
	c := newCloud(t)
	policy := func(effect, operator, address string) string {
		return `{"Effect":"` + effect + `","Principal":"*","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:us-east-1:123456789012:*/prod/*","Condition":{"` + operator + `":{"aws:SourceIp":["` + address + `"]}}}`
	}
	all := `{"Effect":"Allow","Principal":"*","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:us-east-1:123456789012:*/*"},`
	for name, tc := range map[string]struct {
		statements string
		status     int
	}{
		"in the range":           {policy("Allow", "IpAddress", "127.0.0.0/8"), 202},
		"outside the range":      {policy("Allow", "IpAddress", "203.0.113.0/24"), 403},
		"denied outside a range": {all + policy("Deny", "NotIpAddress", "203.0.113.0/24"), 403},
		"not denied within":      {all + policy("Deny", "NotIpAddress", "127.0.0.1"), 202},
		"for another stage":      {strings.Replace(policy("Allow", "IpAddress", "127.0.0.0/8"), "prod", "test", 1), 403},
	} {
		t.Run(name, func(t *testing.T) {
			a := c.deployWith(t, map[string]any{"body": document(t), "policy": `{"Version":"2012-10-17","Statement":[` + tc.statements + `]}`})
			got := a.call(t, status, "")
			require.Equal(t, tc.status, got.status, got.body)
			if tc.status == 403 {
				require.Contains(t, got.body, "User: anonymous is not authorized to perform: execute-api:Invoke")
				require.Equal(t, 403, a.call(t, "OPTIONS /order", "").status, "a preflight, too")
			}
		})
	}
}

func TestAChangedResourcePolicyTakesEffectWithTheNextDeployment(t *testing.T) {
	c := newCloud(t)
	inputs := map[string]any{"body": document(t)}
	a := c.deployWith(t, inputs)
	inputs["policy"] = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:us-east-1:123456789012:*/*"}]}`
	require.NoError(t, c.Update(t, apiType, a.id, inputs))
	require.Equal(t, 202, a.call(t, status, "").status)
	a.inputs["deployment"], _ = c.MustDeploy(t, deploymentType, map[string]any{"restApi": a.id})
	require.NoError(t, c.Update(t, stageType, a.stage, a.inputs))
	require.Equal(t, 403, a.call(t, status, "").status)
}

func TestAResourcePolicyAllowsAPrincipalToSign(t *testing.T) {
	c := newCloud(t)
	_, poor := c.Role(t, "poor", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sqs:SendMessage","Resource":"*"}]}`)
	a := c.deployWith(t, map[string]any{
		"body":   secured(t, map[string]any{"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "awsSigv4"}),
		"policy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + account.GlobalARN("iam", "role/poor") + `"},"Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:us-east-1:123456789012:*/*"}]}`,
	})
	require.Equal(t, 202, signature{by: poor}.call(t, a, status, "").status)
	require.Equal(t, 403, signature{}.call(t, a, status, "").status)
}

func TestAMalformedResourcePolicyIsRefused(t *testing.T) {
	c := newCloud(t)
	failures := c.Check(t, apiType, map[string]any{"name": "orders", "policy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:us-east-1:123456789012:*/*"}]}`}).GetFailures()
	require.Len(t, failures, 1)
	require.Contains(t, failures[0].GetReason(), "Principal is required")
}

func TestAccessLogsNameWhoSigned(t *testing.T) {
	c := newCloud(t)
	c.MustDeploy(t, accountType, map[string]any{"cloudwatchRoleArn": c.role(t, "logs", "apigateway.amazonaws.com", pushToLogs)})
	c.MustDeploy(t, "aws:cloudwatch/logGroup:LogGroup", map[string]any{"name": "api"})
	text := secured(t, map[string]any{"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "awsSigv4"})
	a := c.deploy(t, text, accessLogs("$context.requestId $context.identity.userArn $context.error.responseType"))
	p, caller := c.Role(t, "caller", allowOrders)
	require.Equal(t, 202, signature{by: caller}.call(t, a, status, "").status)
	require.Equal(t, 403, signature{}.call(t, a, status, "").status)
	c.Clock.Advance(2 * time.Second)
	require.Eventually(t, func() bool { return len(c.lines(t)) == 2 }, 5*time.Second, time.Millisecond)
	require.Equal(t, p.ARN+" -", strings.SplitN(c.lines(t)[0], " ", 2)[1])
	require.Equal(t, "- MISSING_AUTHENTICATION_TOKEN", strings.SplitN(c.lines(t)[1], " ", 2)[1])
}
