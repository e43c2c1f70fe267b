package wire_test

import (
	"context"
	"io"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/wire"
)

type restService struct {
	wire.REST
	name     string
	resource *policy.Document
	invoked  []string
}

func (s *restService) SigningName() string { return s.name }

type policyOut struct{ Policy string }

func newRESTService() *restService {
	s := &restService{name: "lambda"}
	wire.HandleREST(&s.REST, "GET /2015-03-31/functions/{name}/policy", "GetPolicy", func(c *wire.Call) (*policyOut, error) {
		if c.PathValue("name") == "absent" {
			return nil, &wire.Error{Status: http.StatusNotFound, Code: "ResourceNotFoundException", Message: "no function absent",
				Fields: map[string]any{"Type": "User"}}
		}
		return &policyOut{Policy: c.Operation + " of " + c.PathValue("name")}, nil
	})
	s.Handle("POST /2015-03-31/functions/{name}/invocations", "Invoke", func(w http.ResponseWriter, c *wire.Call) error {
		if err := c.Authorize("lambda:InvokeFunction", "arn:aws:lambda:us-east-1:123456789012:function:"+c.PathValue("name"),
			wire.With{ResourcePolicy: s.resource, Keys: map[string]string{"aws:SourceArn": "arn:aws:x:::y:z"}}); err != nil {
			return err
		}
		s.invoked = append(s.invoked, string(c.Body))
		w.Header().Set("X-Amz-Executed-Version", "$LATEST")
		w.WriteHeader(http.StatusAccepted)
		_, err := io.WriteString(w, "payload")
		return err
	})
	wire.HandleREST(&s.REST, "PUT /2017-10-31/functions/{name}/concurrency", "PutFunctionConcurrency", func(c *wire.Call) (*struct{}, error) {
		var in struct{ Reserved int }
		return &struct{}{}, c.DecodeJSON(&in)
	})
	return s
}

func TestRESTThroughAnSDK(t *testing.T) {
	s := newRESTService()
	e := serve(t, s)
	client := lambda.NewFromConfig(e.config(userKey, nil))
	const arn = "arn:aws:lambda:us-east-1:123456789012:function:store"

	out, err := client.GetPolicy(t.Context(), &lambda.GetPolicyInput{FunctionName: aws.String(arn)})
	require.NoError(t, err)
	require.Equal(t, "GetPolicy of "+arn, *out.Policy)

	t.Run("an error becomes the SDK's type, with its members", func(t *testing.T) {
		_, err := client.GetPolicy(t.Context(), &lambda.GetPolicyInput{FunctionName: aws.String("absent")})
		var absent *types.ResourceNotFoundException
		require.ErrorAs(t, err, &absent)
		require.Equal(t, "no function absent", *absent.Message)
		require.Equal(t, "User", *absent.Type)
	})
	t.Run("a handler may write its own answer", func(t *testing.T) {
		out, err := client.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String("store"), Payload: []byte("in")})
		require.NoError(t, err)
		require.EqualValues(t, http.StatusAccepted, out.StatusCode)
		require.Equal(t, "$LATEST", *out.ExecutedVersion)
		require.Equal(t, "payload", string(out.Payload))
		require.Equal(t, []string{"in"}, s.invoked)
	})
	t.Run("an operation that is not implemented is refused by name", func(t *testing.T) {
		_, err := client.GetFunction(t.Context(), &lambda.GetFunctionInput{FunctionName: aws.String("store")})
		require.Contains(t, refused(t, err, "UnknownOperationException"), "GET /2015-03-31/functions/store")
		_, err = client.RemovePermission(t.Context(), &lambda.RemovePermissionInput{FunctionName: aws.String("store"), StatementId: aws.String("s")})
		require.Contains(t, refused(t, err, "UnknownOperationException"), "DELETE /2015-03-31/functions/store/policy/s")
	})
	t.Run("a parameter that is not implemented is refused by name", func(t *testing.T) {
		_, err := client.PutFunctionConcurrency(t.Context(), &lambda.PutFunctionConcurrencyInput{FunctionName: aws.String("store"), ReservedConcurrentExecutions: aws.Int32(1)})
		require.Contains(t, refused(t, err, "InvalidRequestContentException"), `"ReservedConcurrentExecutions"`)
	})
	t.Run("a missing permission is 403 AccessDeniedException", func(t *testing.T) {
		_, err := lambda.NewFromConfig(e.config(roleKey, nil)).Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String("store")})
		require.Contains(t, refused(t, err, "AccessDeniedException"), "lambda:InvokeFunction")
	})
	t.Run("a resource policy may allow it, by the keys of the request", func(t *testing.T) {
		var err error
		s.resource, err = policy.Parse(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:role/r"},
			"Action":"lambda:InvokeFunction","Resource":"*",
			"Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:x:::y:*"},"Bool":{"aws:SecureTransport":"true"}}}]}`, policy.Resource)
		require.NoError(t, err)
		_, err = lambda.NewFromConfig(e.config(roleKey, nil)).Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String("store")})
		require.NoError(t, err)
	})
	t.Run("a fault after the effect replaces the answer", func(t *testing.T) {
		s.invoked = nil
		remove := e.account.Faults.Add(fault.Rule{When: fault.After, Times: 1, Do: func(context.Context, fault.Event) error {
			return wire.Errorf(http.StatusTooManyRequests, "TooManyRequestsException", "late")
		}})
		defer remove()
		invoke := func() (*lambda.InvokeOutput, error) {
			return client.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String("store"), Payload: []byte("in")})
		}
		_, err := invoke()
		require.Equal(t, "late", refused(t, err, "TooManyRequestsException"))
		require.Equal(t, []string{"in"}, s.invoked)

		// While the rule is in force but spent, answers are held back, and come unharmed.
		out, err := invoke()
		require.NoError(t, err)
		require.EqualValues(t, http.StatusAccepted, out.StatusCode)
		require.Equal(t, "payload", string(out.Payload))
	})
}

// xmlErrors answers every request with an error as S3 words it.
type xmlErrors struct{ err func(*wire.Call) error }

func (xmlErrors) SigningName() string { return "s3" }

func (s xmlErrors) ServeAWS(w http.ResponseWriter, c *wire.Call) { wire.WriteXMLError(w, c, s.err(c)) }

func TestXMLErrorsThroughAnSDK(t *testing.T) {
	get := func(key aws.Credentials, err func(*wire.Call) error) error {
		e := serve(t, xmlErrors{err})
		_, got := s3.NewFromConfig(e.config(key, nil), func(o *s3.Options) { o.UsePathStyle = true }).
			GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("b"), Key: aws.String("k")})
		return got
	}
	err := get(userKey, func(*wire.Call) error {
		return wire.Errorf(http.StatusNotFound, "NoSuchKey", "The <key> does not exist")
	})
	require.Equal(t, "The <key> does not exist", refused(t, err, "NoSuchKey"))

	// S3 does not tell who lacks what.
	err = get(roleKey, func(c *wire.Call) error { return c.Authorize("s3:GetObject", "arn:aws:s3:::b/k") })
	require.Equal(t, "Access Denied", refused(t, err, "AccessDenied"))

	e := serve(t, xmlErrors{func(*wire.Call) error { return wire.Unsupported("HEAD %s", "/b") }})
	status, body := do(t, request(t, http.MethodHead, e.url+"/b", ""))
	require.Equal(t, http.StatusNotImplemented, status)
	require.Empty(t, body)
	_, body = do(t, request(t, http.MethodGet, e.url+"/b", ""))
	require.Contains(t, body, "The embedded cloud does not implement HEAD /b")
	require.Contains(t, body, "<Resource>/b</Resource>")
}
