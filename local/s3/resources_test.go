package s3_test

import (
	"io"
	"regexp"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/asset"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/internal/cloudtest"
)

func TestBucketCreateReadUpdateDelete(t *testing.T) {
	c := newCloud(t)
	id, state := c.MustDeploy(t, bucketType, map[string]any{"tags": map[string]any{"a": "b"}})
	require.Regexp(t, regexp.MustCompile(`^logical-[0-9a-f]{7}$`), id)
	require.Equal(t, map[string]any{
		"bucket": id, "tags": map[string]any{"a": "b"}, "tagsAll": map[string]any{"a": "b"}, "arn": "arn:aws:s3:::" + id, "region": "us-east-1", "hostedZoneId": "Z3AQBSTGFAJSTF",
		"bucketDomainName": id + ".s3.amazonaws.com", "bucketRegionalDomainName": id + ".s3.us-east-1.amazonaws.com",
	}, state)
	require.Equal(t, state, c.Read(t, bucketType, id))
	_, _, err := c.Deploy(t, bucketType, map[string]any{"bucket": id})
	require.ErrorContains(t, err, "BucketAlreadyOwnedByYou")

	require.NoError(t, c.Update(t, bucketType, id, map[string]any{"bucket": id, "forceDestroy": true}))
	require.Equal(t, true, c.Read(t, bucketType, id)["forceDestroy"])
	require.NoError(t, c.Delete(t, bucketType, id))
	require.Nil(t, c.Read(t, bucketType, id))
	require.NoError(t, c.Delete(t, bucketType, id))
}

func TestBucketWithObjectsIsDeletedOnlyByForce(t *testing.T) {
	c := newCloud(t)
	c.put(t, "k", "body")
	require.ErrorContains(t, c.Delete(t, bucketType, "orders"), "BucketNotEmpty")
	require.NoError(t, c.Update(t, bucketType, "orders", map[string]any{"bucket": "orders", "forceDestroy": true}))
	require.NoError(t, c.Delete(t, bucketType, "orders"))
}

func TestInvalidInputsAreRefused(t *testing.T) {
	c := newCloud(t)
	versioning := func(status string) map[string]any {
		return map[string]any{"bucket": "orders", "versioningConfiguration": map[string]any{"status": status}}
	}
	lifecycle := func(rule map[string]any) map[string]any {
		return map[string]any{"bucket": "orders", "rules": []any{rule}}
	}
	tests := map[string]struct {
		kind     string
		inputs   map[string]any
		property string
	}{
		"upper case":      {bucketType, map[string]any{"bucket": "Orders"}, "bucket"},
		"too short":       {bucketType, map[string]any{"bucket": "ab"}, "bucket"},
		"an address":      {bucketType, map[string]any{"bucket": "10.0.0.1"}, "bucket"},
		"two dots":        {bucketType, map[string]any{"bucket": "a..b"}, "bucket"},
		"prefix":          {bucketType, map[string]any{"bucketPrefix": "a"}, "bucketPrefix"},
		"not a policy":    {policyType, map[string]any{"bucket": "orders", "policy": "{}"}, "policy"},
		"no rule":         {encryptionType, map[string]any{"bucket": "orders", "rules": []any{}}, "rules"},
		"algorithm":       {encryptionType, encryption("orders", "DES"), "rules[0].applyServerSideEncryptionByDefault.sseAlgorithm"},
		"ACLs":            {ownershipType, map[string]any{"bucket": "orders", "rule": map[string]any{"objectOwnership": "ObjectWriter"}}, "rule.objectOwnership"},
		"versioning":      {versioningType, versioning("On"), "versioningConfiguration.status"},
		"a rule's status": {lifecycleType, lifecycle(map[string]any{"id": "r", "status": "On"}), "rules[0].status"},
		"expiration": {lifecycleType, lifecycle(map[string]any{"id": "r", "status": "Enabled", "expiration": map[string]any{"days": 1}}),
			"rules[0].expiration"},
		"no key": {objectType, map[string]any{"bucket": "orders", "key": "", "source": text(t, "x")}, "key"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			failures := c.Check(t, tt.kind, tt.inputs).GetFailures()
			require.Len(t, failures, 1)
			require.Equal(t, tt.property, failures[0].GetProperty(), failures[0].GetReason())
		})
	}
	_, _, err := c.Deploy(t, policyType, map[string]any{"bucket": "orders", "policy": document(
		`{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::elsewhere/*"}`)})
	require.ErrorContains(t, err, "MalformedPolicy")
	_, _, err = c.Deploy(t, accessType, map[string]any{"bucket": "missing"})
	require.ErrorContains(t, err, "NoSuchBucket")
}

func TestUnknownSettingsAreAcceptedInAPreview(t *testing.T) {
	c := newCloud(t)
	unknown := resource.MakeComputed(resource.NewStringProperty(""))
	for kind, property := range map[string]string{encryptionType: "rules", ownershipType: "rule", versioningType: "versioningConfiguration", lifecycleType: "rules"} {
		require.Empty(t, c.Check(t, kind, map[string]any{"bucket": "orders", property: unknown}).GetFailures(), kind)
	}
}

func text(t *testing.T, content string) *asset.Asset {
	t.Helper()
	a, err := asset.FromText(content)
	require.NoError(t, err)
	return a
}

func TestVersioningAndLifecycleAreKept(t *testing.T) {
	c := newCloud(t)
	for kind, inputs := range map[string]map[string]any{
		versioningType: {"bucket": "orders", "versioningConfiguration": map[string]any{"status": "Enabled"}},
		lifecycleType: {"bucket": "orders", "rules": []any{map[string]any{
			"id": "tidy-up", "status": "Enabled", "filter": map[string]any{"prefix": "invoices/"},
			"abortIncompleteMultipartUpload": map[string]any{"daysAfterInitiation": 7.0},
			"noncurrentVersionExpiration":    map[string]any{"noncurrentDays": 30.0},
		}}},
	} {
		id, _ := c.MustDeploy(t, kind, inputs)
		require.Equal(t, inputs, c.Read(t, kind, id))
		require.NoError(t, c.Delete(t, kind, id))
		require.Nil(t, c.Read(t, kind, id))
	}
}

func TestAnObjectIsUploadedFromAnAsset(t *testing.T) {
	c := newCloud(t)
	id, state := c.MustDeploy(t, objectType, map[string]any{"bucket": "orders", "key": "a/b.zip", "source": text(t, "one"), "contentType": "application/zip"})
	require.Equal(t, "arn:aws:s3:::orders/a/b.zip", state["arn"])
	got, err := c.client.GetObject(t.Context(), &sdk.GetObjectInput{Bucket: aws.String("orders"), Key: aws.String("a/b.zip")})
	require.NoError(t, err)
	body, err := io.ReadAll(got.Body)
	require.NoError(t, err)
	require.Equal(t, "one", string(body))
	require.Equal(t, "application/zip", *got.ContentType)
	require.Equal(t, `"`+state["etag"].(string)+`"`, *got.ETag)
	require.NoError(t, c.Delete(t, objectType, id))
	require.Nil(t, c.Read(t, objectType, id))
	_, _, err = c.Deploy(t, objectType, map[string]any{"bucket": "missing", "key": "k", "source": text(t, "x")})
	require.ErrorContains(t, err, "NoSuchBucket")
}

func encryption(bucket, algorithm string) map[string]any {
	return map[string]any{"bucket": bucket, "rules": []any{map[string]any{
		"applyServerSideEncryptionByDefault": map[string]any{"sseAlgorithm": algorithm}, "bucketKeyEnabled": true,
	}}}
}

func TestSettingsAreReadOnTheWire(t *testing.T) {
	c := newCloud(t)
	bucket := aws.String("orders")
	block, err := c.client.GetPublicAccessBlock(t.Context(), &sdk.GetPublicAccessBlockInput{Bucket: bucket})
	require.NoError(t, err)
	require.True(t, *block.PublicAccessBlockConfiguration.BlockPublicAcls && *block.PublicAccessBlockConfiguration.RestrictPublicBuckets)
	sse, err := c.client.GetBucketEncryption(t.Context(), &sdk.GetBucketEncryptionInput{Bucket: bucket})
	require.NoError(t, err)
	require.Equal(t, types.ServerSideEncryptionAes256, sse.ServerSideEncryptionConfiguration.Rules[0].ApplyServerSideEncryptionByDefault.SSEAlgorithm)
	_, err = c.client.GetBucketPolicy(t.Context(), &sdk.GetBucketPolicyInput{Bucket: bucket})
	cloudtest.Refused(t, err, "NoSuchBucketPolicy")

	access, _ := c.MustDeploy(t, accessType, map[string]any{"bucket": "orders", "blockPublicPolicy": true})
	c.MustDeploy(t, policyType, map[string]any{"bucket": "orders", "policy": document(tlsOnly)})
	c.MustDeploy(t, encryptionType, encryption("orders", "aws:kms"))
	c.MustDeploy(t, ownershipType, map[string]any{"bucket": "orders", "rule": map[string]any{"objectOwnership": "BucketOwnerEnforced"}})

	block, err = c.client.GetPublicAccessBlock(t.Context(), &sdk.GetPublicAccessBlockInput{Bucket: bucket})
	require.NoError(t, err)
	require.True(t, *block.PublicAccessBlockConfiguration.BlockPublicPolicy)
	require.False(t, *block.PublicAccessBlockConfiguration.BlockPublicAcls)
	text, err := c.client.GetBucketPolicy(t.Context(), &sdk.GetBucketPolicyInput{Bucket: bucket})
	require.NoError(t, err)
	require.JSONEq(t, document(tlsOnly), *text.Policy)
	sse, err = c.client.GetBucketEncryption(t.Context(), &sdk.GetBucketEncryptionInput{Bucket: bucket})
	require.NoError(t, err)
	require.True(t, *sse.ServerSideEncryptionConfiguration.Rules[0].BucketKeyEnabled)
	put, err := c.client.PutObject(t.Context(), &sdk.PutObjectInput{Bucket: bucket, Key: aws.String("k")})
	require.NoError(t, err)
	require.Equal(t, types.ServerSideEncryptionAwsKms, put.ServerSideEncryption)

	require.NoError(t, c.Delete(t, accessType, access))
	require.Nil(t, c.Read(t, accessType, access))
	_, err = c.client.GetPublicAccessBlock(t.Context(), &sdk.GetPublicAccessBlockInput{Bucket: bucket})
	cloudtest.Refused(t, err, "NoSuchPublicAccessBlockConfiguration")
	buckets, err := c.client.ListBuckets(t.Context(), &sdk.ListBucketsInput{})
	require.NoError(t, err)
	require.Equal(t, "orders", *buckets.Buckets[0].Name)
}
