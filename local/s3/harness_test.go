package s3_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/internal/cloudtest"
	"github.com/order-patterns/order-patterns/local/s3"
)

const (
	bucketType     = "aws:s3/bucketV2:BucketV2"
	accessType     = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
	policyType     = "aws:s3/bucketPolicy:BucketPolicy"
	encryptionType = "aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2"
	versioningType = "aws:s3/bucketVersioningV2:BucketVersioningV2"
	lifecycleType  = "aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2"
	objectType     = "aws:s3/bucketObjectv2:BucketObjectv2"
	ownershipType  = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"
)

// cloud has a bucket named orders.
type cloud struct {
	*cloudtest.Cloud
	client *sdk.Client // may do everything
}

func newCloud(t testing.TB) *cloud {
	t.Helper()
	c := &cloud{Cloud: cloudtest.New()}
	c.Serve(t, s3.New(c.Account))
	c.client = clientOf(c.Admin)
	c.MustDeploy(t, bucketType, map[string]any{"bucket": "orders"})
	return c
}

func clientOf(config aws.Config, options ...func(*sdk.Options)) *sdk.Client {
	options = append([]func(*sdk.Options){func(o *sdk.Options) { o.UsePathStyle = true }}, options...)
	return sdk.NewFromConfig(config, options...)
}

// role is the client of a role with these statements.
func (c *cloud) role(t testing.TB, name string, statements ...string) *sdk.Client {
	t.Helper()
	_, config := c.Role(t, name, document(statements...))
	return clientOf(config)
}

func document(statements ...string) string {
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
}

func (c *cloud) put(t testing.TB, key, body string) {
	t.Helper()
	_, err := c.client.PutObject(t.Context(), &sdk.PutObjectInput{Bucket: aws.String("orders"), Key: &key, Body: strings.NewReader(body)})
	require.NoError(t, err)
}

func get(t testing.TB, client *sdk.Client, key string) (string, error) {
	t.Helper()
	out, err := client.GetObject(t.Context(), &sdk.GetObjectInput{Bucket: aws.String("orders"), Key: &key, ChecksumMode: "ENABLED"})
	if err != nil {
		return "", err
	}
	defer out.Body.Close()
	body, err := io.ReadAll(out.Body)
	return string(body), err
}

// fetch does a plain HTTP request and returns status and body.
func fetch(t testing.TB, method, url string, header http.Header, body ...byte) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(body))
	require.NoError(t, err)
	for name, values := range header {
		r.Header[name] = values
		if name == "Host" {
			r.Host = values[0]
		}
	}
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(text)
}
