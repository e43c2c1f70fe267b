package s3_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/internal/cloudtest"
)

func TestCopyHasTheBodyAndMetadataOfItsSource(t *testing.T) {
	c := newCloud(t)
	_, err := c.client.PutObject(t.Context(), &sdk.PutObjectInput{
		Bucket: aws.String("orders"), Key: aws.String("a b/é"), Metadata: map[string]string{"shop": "v0"}, ContentType: aws.String("text/plain"),
	})
	require.NoError(t, err)
	c.put(t, "from", "body")
	for source, key := range map[string]string{"orders/from": "to", "/orders/a%20b/%C3%A9": "b"} {
		out, err := c.client.CopyObject(t.Context(), &sdk.CopyObjectInput{Bucket: aws.String("orders"), Key: aws.String(key), CopySource: aws.String(source)})
		require.NoError(t, err)
		head, err := c.client.HeadObject(t.Context(), &sdk.HeadObjectInput{Bucket: aws.String("orders"), Key: aws.String(key)})
		require.NoError(t, err)
		require.Equal(t, *head.ETag, *out.CopyObjectResult.ETag)
		if key == "b" {
			require.Equal(t, map[string]string{"shop": "v0"}, head.Metadata)
			require.Equal(t, "text/plain", *head.ContentType)
		}
	}
	body, err := get(t, c.client, "to")
	require.NoError(t, err)
	require.Equal(t, "body", body)

	_, err = c.client.CopyObject(t.Context(), &sdk.CopyObjectInput{Bucket: aws.String("orders"), Key: aws.String("from"), CopySource: aws.String("orders/from")})
	cloudtest.Refused(t, err, "InvalidRequest")
	_, err = c.client.CopyObject(t.Context(), &sdk.CopyObjectInput{Bucket: aws.String("orders"), Key: aws.String("x"), CopySource: aws.String("orders/none")})
	cloudtest.Refused(t, err, "NoSuchKey")
}

func TestCopyNeedsToReadItsSourceAndWriteItsKey(t *testing.T) {
	c := newCloud(t)
	c.put(t, "from", "body")
	const read = `{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::orders/from"}`
	const write = `{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::orders/to"}`
	in := &sdk.CopyObjectInput{Bucket: aws.String("orders"), Key: aws.String("to"), CopySource: aws.String("orders/from")}
	for name, statement := range map[string]string{"reader": read, "writer": write} {
		_, err := c.role(t, name, statement).CopyObject(t.Context(), in)
		cloudtest.Refused(t, err, "AccessDenied")
	}
	_, err := c.role(t, "both", read, write).CopyObject(t.Context(), in)
	require.NoError(t, err)
}
