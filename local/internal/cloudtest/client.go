package cloudtest

import (
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"

	"github.com/order-patterns/order-patterns/local/iam"
)

// Config is the configuration of SDK clients that sign with credentials, call an endpoint, and do not retry.
func Config(creds iam.Credentials, endpoint string) aws.Config {
	config := creds.Config(endpoint)
	config.RetryMaxAttempts = 1
	config.HTTPClient = HTTPClient()
	return config
}

// HTTPClient is for SDK clients that do not retry. With the SDK's own one, a call sometimes fails with "use of closed network
// connection" on a busy machine: net/http sends the body of a request, and then reads on, to see that the body has ended. The
// SDK closes the body as soon as the response begins, and WriteTo of a closed body returns io.EOF as an error, for which
// net/http closes the connection. A client that retries hides this.
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
