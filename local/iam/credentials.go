package iam

import (
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/order-patterns/order-patterns/local/account"
)

// Credentials are what a session of a role signs with.
type Credentials struct {
	AccessKeyID, SecretAccessKey, SessionToken string
}

// Config is the configuration of SDK clients that sign with these credentials and call an endpoint.
func (c Credentials) Config(endpoint string) aws.Config {
	return aws.Config{
		Region: account.Region, BaseEndpoint: &endpoint, HTTPClient: HTTPClient(),
		Credentials: credentials.NewStaticCredentialsProvider(c.AccessKeyID, c.SecretAccessKey, c.SessionToken),
	}
}

// HTTPClient is the SDK's own one, without a fault that it has on a busy machine: a call sometimes fails with "use of closed network
// connection", after the service has done it. net/http sends the body of a request, and then reads on, to see that the body has ended.
// The SDK closes the body as soon as the response begins, and WriteTo of a closed body returns io.EOF as an error, for which net/http
// closes the connection. A retry hides the failure, but not what the first call did: messages that it received stay in flight.
//
// https://github.com/aws/smithy-go/blob/v1.28.8/transport/http/internal/io/safe.go
func HTTPClient() aws.HTTPClient { return &httpClient{awshttp.NewBuildableClient()} }

type httpClient struct{ sdk aws.HTTPClient }

// Do hides WriteTo of the body. From Read, io.EOF is the end of the body.
func (c *httpClient) Do(r *http.Request) (*http.Response, error) {
	if r.Body != nil && r.Body != http.NoBody {
		r.Body = struct{ io.ReadCloser }{r.Body}
	}
	return c.sdk.Do(r)
}
