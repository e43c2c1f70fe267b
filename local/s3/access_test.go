package s3_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/internal/cloudtest"
)

func TestEachOperationNeedsItsPermission(t *testing.T) {
	c := newCloud(t)
	c.put(t, "in/k", "body")
	bucket, key := aws.String("orders"), aws.String("in/k")
	calls := map[string]func(*sdk.Client) error{
		`"s3:PutObject","Resource":"arn:aws:s3:::orders/in/*"`: func(s *sdk.Client) error {
			_, err := s.PutObject(t.Context(), &sdk.PutObjectInput{Bucket: bucket, Key: key, Body: strings.NewReader("body")})
			return err
		},
		`"s3:GetObject","Resource":"arn:aws:s3:::orders/in/*"`: func(s *sdk.Client) error {
			_, err := get(t, s, *key)
			return err
		},
		`"s3:DeleteObject","Resource":"arn:aws:s3:::orders/in/*"`: func(s *sdk.Client) error {
			_, err := s.DeleteObject(t.Context(), &sdk.DeleteObjectInput{Bucket: bucket, Key: aws.String("in/other")})
			return err
		},
		`"s3:ListBucket","Resource":"arn:aws:s3:::orders","Condition":{"StringLike":{"s3:prefix":"in/*"},"StringEquals":{"s3:max-keys":"10"}}`: func(s *sdk.Client) error {
			_, err := s.ListObjectsV2(t.Context(), &sdk.ListObjectsV2Input{Bucket: bucket, Prefix: aws.String("in/2"), MaxKeys: aws.Int32(10)})
			return err
		},
		`"s3:ListBucket","Resource":"arn:aws:s3:::orders"`: func(s *sdk.Client) error {
			_, err := s.HeadBucket(t.Context(), &sdk.HeadBucketInput{Bucket: bucket})
			return err
		},
		`"s3:ListAllMyBuckets","Resource":"arn:aws:s3:::*"`: func(s *sdk.Client) error {
			_, err := s.ListBuckets(t.Context(), &sdk.ListBucketsInput{})
			return err
		},
		`"s3:GetEncryptionConfiguration","Resource":"arn:aws:s3:::orders"`: func(s *sdk.Client) error {
			_, err := s.GetBucketEncryption(t.Context(), &sdk.GetBucketEncryptionInput{Bucket: bucket})
			return err
		},
		`"s3:GetBucketPublicAccessBlock","Resource":"arn:aws:s3:::orders"`: func(s *sdk.Client) error {
			_, err := s.GetPublicAccessBlock(t.Context(), &sdk.GetPublicAccessBlockInput{Bucket: bucket})
			return err
		},
		`"s3:GetBucketPolicy","Resource":"arn:aws:s3:::orders"`: func(s *sdk.Client) error {
			_, err := s.GetBucketPolicy(t.Context(), &sdk.GetBucketPolicyInput{Bucket: bucket})
			return err
		},
	}
	c.MustDeploy(t, policyType, map[string]any{"bucket": "orders", "policy": document(tlsOnly)})
	elsewhere := c.role(t, "elsewhere", `{"Effect":"Allow","Action":"s3:*","Resource":["arn:aws:s3:::orders-2","arn:aws:s3:::orders/out/*"]}`)
	n := 0
	for statement, call := range calls {
		n++
		t.Run(statement, func(t *testing.T) {
			require.NoError(t, call(c.role(t, "r"+string(rune('a'+n)), `{"Effect":"Allow","Action":`+statement+`}`)))
			err := call(elsewhere)
			if strings.Contains(err.Error(), "HeadBucket") { // an answer without a body, and so without a code
				cloudtest.Refused(t, err, "Forbidden")
				return
			}
			cloudtest.Refused(t, err, "AccessDenied")
		})
	}
	_, err := c.role(t, "narrow", `{"Effect":"Allow","Action":"s3:ListBucket","Resource":"*","Condition":{"StringLike":{"s3:prefix":"in/*"}}}`).
		ListObjectsV2(t.Context(), &sdk.ListObjectsV2Input{Bucket: bucket})
	cloudtest.Refused(t, err, "AccessDenied")
}

func TestMissingKeyIsReportedOnlyToCallersWhoMayList(t *testing.T) {
	c := newCloud(t)
	read := `{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::orders/*"}`
	_, err := get(t, c.role(t, "reader", read), "missing")
	cloudtest.Refused(t, err, "AccessDenied")
	lister := c.role(t, "lister", read, `{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::orders"}`)
	_, err = get(t, lister, "missing")
	cloudtest.Refused(t, err, "NoSuchKey")
	_, err = lister.HeadObject(t.Context(), &sdk.HeadObjectInput{Bucket: aws.String("orders"), Key: aws.String("missing")})
	cloudtest.Refused(t, err, "NotFound")
	_, err = c.client.GetObject(t.Context(), &sdk.GetObjectInput{Bucket: aws.String("other"), Key: aws.String("k")})
	cloudtest.Refused(t, err, "NoSuchBucket")
}

const (
	tlsOnly = `{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::orders","arn:aws:s3:::orders/*"],
		"Condition":{"Bool":{"aws:SecureTransport":"false"}}}`
	publicRead = `{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::orders/*"}`
)

func TestBucketPolicyAllowsAndDenies(t *testing.T) {
	c := newCloud(t)
	c.put(t, "k", "body")
	reader := c.role(t, "reader", `{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::other/*"}`)
	_, err := get(t, reader, "k")
	cloudtest.Refused(t, err, "AccessDenied")

	allow := `{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:role/reader"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::orders/*"}`
	id, _ := c.MustDeploy(t, policyType, map[string]any{"bucket": "orders", "policy": document(allow, tlsOnly)})
	_, err = get(t, reader, "k")
	require.NoError(t, err)

	deny := `{"Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::orders/*",
		"Condition":{"StringNotEquals":{"s3:x-amz-server-side-encryption":"AES256"}}}`
	require.NoError(t, c.Update(t, policyType, id, map[string]any{"bucket": "orders", "policy": document(allow, deny)}))
	in := &sdk.PutObjectInput{Bucket: aws.String("orders"), Key: aws.String("k")}
	_, err = c.client.PutObject(t.Context(), in)
	cloudtest.Refused(t, err, "AccessDenied")
	in.ServerSideEncryption = "AES256"
	_, err = c.client.PutObject(t.Context(), in)
	require.NoError(t, err)

	require.NoError(t, c.Delete(t, policyType, id))
	_, err = get(t, reader, "k")
	cloudtest.Refused(t, err, "AccessDenied")
}

func TestPublicAccessNeedsPolicyAndPublicAccessBlock(t *testing.T) {
	c := newCloud(t)
	c.put(t, "k", "body")
	object := c.Account.Endpoint() + "/orders/k"
	status, text := fetch(t, http.MethodGet, object, nil)
	require.Equal(t, http.StatusForbidden, status)
	require.Contains(t, text, "<Code>AccessDenied</Code>")

	_, _, err := c.Deploy(t, policyType, map[string]any{"bucket": "orders", "policy": document(publicRead)})
	require.ErrorContains(t, err, "BlockPublicPolicy", "new buckets block public policies")

	block := map[string]any{"bucket": "orders", "blockPublicPolicy": false, "restrictPublicBuckets": true}
	id, _ := c.MustDeploy(t, accessType, block)
	c.MustDeploy(t, policyType, map[string]any{"bucket": "orders", "policy": document(publicRead)})
	status, _ = fetch(t, http.MethodGet, object, nil)
	require.Equal(t, http.StatusForbidden, status, "the bucket is restricted")

	block["restrictPublicBuckets"] = false
	require.NoError(t, c.Update(t, accessType, id, block))
	status, text = fetch(t, http.MethodGet, object, nil)
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "body", text)
	status, _ = fetch(t, http.MethodPut, object, nil, 'x')
	require.Equal(t, http.StatusForbidden, status)
}

func TestPresignedURL(t *testing.T) {
	c := newCloud(t)
	c.put(t, "invoice", "document")
	c.put(t, "other", "secret")
	statement := `{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::orders/*"}`
	presigned, err := sdk.NewPresignClient(c.role(t, "reader", statement)).PresignGetObject(t.Context(), &sdk.GetObjectInput{
		Bucket: aws.String("orders"), Key: aws.String("invoice"),
	}, sdk.WithPresignExpires(15*time.Minute))
	require.NoError(t, err)

	status, text := fetch(t, http.MethodGet, presigned.URL, nil)
	require.Equal(t, http.StatusOK, status, text)
	require.Equal(t, "document", text)

	for name, tampered := range map[string]string{
		"another key":     strings.Replace(presigned.URL, "/invoice?", "/other?", 1),
		"a longer life":   strings.Replace(presigned.URL, "X-Amz-Expires=900", "X-Amz-Expires=9000", 1),
		"another signer":  strings.Replace(presigned.URL, "X-Amz-Signature=", "X-Amz-Signature=0", 1),
		"a new parameter": presigned.URL + "&response-content-type=text%2Fhtml",
	} {
		status, text := fetch(t, http.MethodGet, tampered, nil)
		require.Equal(t, http.StatusForbidden, status, name)
		require.Contains(t, text, "<Code>SignatureDoesNotMatch</Code>", name)
	}
	status, _ = fetch(t, http.MethodDelete, presigned.URL, nil)
	require.Equal(t, http.StatusForbidden, status, "the method is signed")

	c.MustDeploy(t, "aws:iam/rolePolicy:RolePolicy", map[string]any{"name": "inline", "role": "reader",
		"policy": document(`{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::orders/other"}`)})
	status, text = fetch(t, http.MethodGet, presigned.URL, nil)
	require.Equal(t, http.StatusForbidden, status, "the signer's permissions count when the URL is used")
	require.Contains(t, text, "<Code>AccessDenied</Code>")
	c.MustDeploy(t, "aws:iam/rolePolicy:RolePolicy", map[string]any{"name": "inline", "role": "reader", "policy": document(statement)})

	c.Clock.Advance(14 * time.Minute)
	status, _ = fetch(t, http.MethodGet, presigned.URL, nil)
	require.Equal(t, http.StatusOK, status)
	c.Clock.Advance(2 * time.Minute)
	status, text = fetch(t, http.MethodGet, presigned.URL, nil)
	require.Equal(t, http.StatusForbidden, status)
	for _, part := range []string{
		"<Code>AccessDenied</Code>", "<Message>Request has expired</Message>", "<X-Amz-Expires>900</X-Amz-Expires>", "<Expires>", "<ServerTime>",
	} {
		require.Contains(t, text, part)
	}
}

func TestPresignedURLOfARevokedSessionIsRefused(t *testing.T) {
	c := newCloud(t)
	_, config := c.Role(t, "reader", document(`{"Effect":"Allow","Action":"s3:*","Resource":"*"}`))
	c.put(t, "k", "body")
	presigned, err := sdk.NewPresignClient(clientOf(config)).PresignGetObject(t.Context(), &sdk.GetObjectInput{Bucket: aws.String("orders"), Key: aws.String("k")})
	require.NoError(t, err)
	creds, err := config.Credentials.Retrieve(t.Context())
	require.NoError(t, err)
	c.IAM.Revoke(creds.AccessKeyID)
	status, text := fetch(t, http.MethodGet, presigned.URL, nil)
	require.Equal(t, http.StatusForbidden, status)
	require.Contains(t, text, "<Code>InvalidAccessKeyId</Code>")
}
