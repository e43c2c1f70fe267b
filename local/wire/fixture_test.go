package wire_test

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/smithy-go"
	"github.com/jonboulle/clockwork"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/iam"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/wire"
)

// keyring is the access keys of a test.
type keyring map[string]wire.Identity

func (k keyring) Lookup(accessKey string) (wire.Identity, bool) {
	id, ok := k[accessKey]
	return id, ok
}

var (
	userKey = aws.Credentials{AccessKeyID: "AKIAUSER", SecretAccessKey: "user-secret"}
	roleKey = aws.Credentials{AccessKeyID: "ASIAROLE", SecretAccessKey: "role-secret", SessionToken: "role+token/="}
)

// endpoint is an AWS endpoint with services of the test's own. The user may do everything, the role's session nothing.
type endpoint struct {
	account *account.Account
	clock   *clockwork.FakeClock
	url     string
}

func serve(t *testing.T, services ...wire.Service) *endpoint {
	t.Helper()
	all, err := policy.Parse(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`, policy.Identity)
	require.NoError(t, err)
	clock := clockwork.NewFakeClockAt(clockwork.NewRealClock().Now())
	a := account.New(clock, slog.New(slog.NewTextHandler(io.Discard, nil)))
	keys := keyring{
		userKey.AccessKeyID: {Secret: userKey.SecretAccessKey, Principal: policy.Principal{
			ARN: "arn:aws:iam::123456789012:user/u", Policies: func() []*policy.Document { return []*policy.Document{all} },
		}},
		roleKey.AccessKeyID: {Secret: roleKey.SecretAccessKey, SessionToken: roleKey.SessionToken, Principal: policy.Principal{
			ARN: "arn:aws:sts::123456789012:assumed-role/r/s", RoleARN: "arn:aws:iam::123456789012:role/r",
			Policies: func() []*policy.Document { return nil },
		}},
	}
	server := httptest.NewServer(wire.NewServer(a, keys, services...))
	t.Cleanup(server.Close)
	return &endpoint{account: a, clock: clock, url: server.URL}
}

// config is that of an SDK client. after, if not nil, changes its requests once they are signed.
func (e *endpoint) config(key aws.Credentials, after func(*http.Request)) aws.Config {
	client := iam.HTTPClient()
	return aws.Config{
		Region:           account.Region,
		BaseEndpoint:     aws.String(e.url),
		Credentials:      credentials.StaticCredentialsProvider{Value: key},
		RetryMaxAttempts: 1,
		HTTPClient: clientFunc(func(r *http.Request) (*http.Response, error) {
			if after != nil {
				after(r)
			}
			return client.Do(r)
		}),
	}
}

type clientFunc func(*http.Request) (*http.Response, error)

func (f clientFunc) Do(r *http.Request) (*http.Response, error) { return f(r) }

// refused asserts the code of an error that came over the wire, and returns its message.
func refused(t *testing.T, err error, code string) string {
	t.Helper()
	var e smithy.APIError
	require.ErrorAs(t, err, &e)
	require.Equal(t, code, e.ErrorCode(), e.ErrorMessage())
	return e.ErrorMessage()
}

// do sends a request as it is, and returns status and body.
func do(t *testing.T, r *http.Request) (int, string) {
	t.Helper()
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(body)
}

func request(t *testing.T, method, url, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	return r
}

// sign signs a request by the user, now.
func sign(t *testing.T, r *http.Request, service, body string) {
	t.Helper()
	sum := sha256.Sum256([]byte(body))
	require.NoError(t, v4.NewSigner().SignHTTP(t.Context(), userKey, r, hex.EncodeToString(sum[:]), service, account.Region, time.Now()))
}

// whoami is a service that answers, on any request, who makes it.
type whoami string

func (s whoami) SigningName() string { return string(s) }

func (whoami) ServeAWS(w http.ResponseWriter, c *wire.Call) {
	_, _ = io.WriteString(w, c.Principal.String()+" "+string(c.Body))
}
