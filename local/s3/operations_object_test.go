package s3_test

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/internal/cloudtest"
	"github.com/order-patterns/order-patterns/local/s3"
)

func TestObjectKeepsItsContentType(t *testing.T) {
	c := newCloud(t)
	_, err := c.client.PutObject(t.Context(), &sdk.PutObjectInput{
		Bucket: aws.String("orders"), Key: aws.String("a/b c+d%é.json"), Body: strings.NewReader(`{"total":"7.00"}`),
		ContentType: aws.String("application/json"), ServerSideEncryption: types.ServerSideEncryptionAes256,
	})
	require.NoError(t, err)
	out, err := c.client.HeadObject(t.Context(), &sdk.HeadObjectInput{Bucket: aws.String("orders"), Key: aws.String("a/b c+d%é.json")})
	require.NoError(t, err)
	require.Equal(t, "application/json", *out.ContentType)
	require.Equal(t, types.ServerSideEncryptionAes256, out.ServerSideEncryption)
	require.EqualValues(t, 16, *out.ContentLength)
	require.Equal(t, c.Clock.Now().UTC().Truncate(time.Second), out.LastModified.UTC())
	body, err := get(t, c.client, "a/b c+d%é.json")
	require.NoError(t, err)
	require.JSONEq(t, `{"total":"7.00"}`, body)
}

// The SDK compares what it reads with the checksum that comes with it; here, that it does come.
func TestEveryChecksumIsVerifiedAndReturned(t *testing.T) {
	c := newCloud(t)
	for _, algorithm := range []types.ChecksumAlgorithm{"CRC32", "CRC32C", "CRC64NVME", "SHA256"} {
		t.Run(string(algorithm), func(t *testing.T) {
			put, err := c.client.PutObject(t.Context(), &sdk.PutObjectInput{
				Bucket: aws.String("orders"), Key: aws.String("k"), Body: strings.NewReader("body"), ChecksumAlgorithm: algorithm,
			})
			require.NoError(t, err)
			out, err := c.client.GetObject(t.Context(), &sdk.GetObjectInput{Bucket: aws.String("orders"), Key: aws.String("k"), ChecksumMode: "ENABLED"})
			require.NoError(t, err)
			defer out.Body.Close()
			sums := func(crc32, crc32c, nvme, sha1, sha256 *string) string {
				all := ""
				for _, s := range []*string{crc32, crc32c, nvme, sha1, sha256} {
					all += aws.ToString(s) + ";"
				}
				return all
			}
			sum := sums(out.ChecksumCRC32, out.ChecksumCRC32C, out.ChecksumCRC64NVME, out.ChecksumSHA1, out.ChecksumSHA256)
			require.NotEqual(t, ";;;;;", sum)
			require.Equal(t, sums(put.ChecksumCRC32, put.ChecksumCRC32C, put.ChecksumCRC64NVME, put.ChecksumSHA1, put.ChecksumSHA256), sum)
		})
	}
	_, err := c.client.PutObject(t.Context(), &sdk.PutObjectInput{
		Bucket: aws.String("orders"), Key: aws.String("bad"), Body: strings.NewReader("body"), ChecksumCRC32: aws.String("AAAAAA=="),
	})
	cloudtest.Refused(t, err, "BadDigest")
	_, err = get(t, c.client, "bad")
	cloudtest.Refused(t, err, "NoSuchKey")
}

// presignPut makes a URL that lets a test send any body and headers that do not count for the signature.
func presignPut(t *testing.T, c *cloud, key string) string {
	t.Helper()
	u, err := sdk.NewPresignClient(c.client).PresignPutObject(t.Context(), &sdk.PutObjectInput{Bucket: aws.String("orders"), Key: &key})
	require.NoError(t, err)
	return u.URL
}

func TestChunkedUploadsAreRefused(t *testing.T) {
	c := newCloud(t)
	for _, mode := range []string{"STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"} {
		status, text := fetch(t, http.MethodPut, presignPut(t, c, "k"), http.Header{"X-Amz-Content-Sha256": {mode}})
		require.Equal(t, http.StatusNotImplemented, status, text)
		require.Contains(t, text, mode)
	}
}

func TestContentMD5IsVerified(t *testing.T) {
	c := newCloud(t)
	status, text := fetch(t, http.MethodPut, presignPut(t, c, "k"), http.Header{"Content-Md5": {"AAAAAAAAAAAAAAAAAAAAAA=="}}, []byte("body")...)
	require.Equal(t, 400, status)
	require.Contains(t, text, "<Code>BadDigest</Code>")
}

func TestConditionalPut(t *testing.T) {
	c := newCloud(t)
	put := func(in sdk.PutObjectInput) (string, error) {
		in.Bucket, in.Key, in.Body = aws.String("orders"), aws.String("k"), strings.NewReader("body")
		out, err := c.client.PutObject(t.Context(), &in)
		if err != nil {
			return "", err
		}
		return *out.ETag, nil
	}
	tag, err := put(sdk.PutObjectInput{IfNoneMatch: aws.String("*")})
	require.NoError(t, err)
	_, err = put(sdk.PutObjectInput{IfNoneMatch: aws.String("*")})
	cloudtest.Refused(t, err, "PreconditionFailed")
	_, err = put(sdk.PutObjectInput{IfNoneMatch: &tag})
	cloudtest.Refused(t, err, "NotImplemented")
}

func TestOneOfConcurrentFirstWritersWins(t *testing.T) {
	c := newCloud(t)
	for key := range 10 {
		var won atomic.Int32
		var wg sync.WaitGroup
		for writer := range 8 {
			wg.Go(func() {
				_, err := c.client.PutObject(context.Background(), &sdk.PutObjectInput{
					Bucket: aws.String("orders"), Key: aws.String(fmt.Sprint(key)), Body: strings.NewReader(fmt.Sprint(writer)), IfNoneMatch: aws.String("*"),
				})
				if err == nil {
					won.Add(1)
					return
				}
				cloudtest.Refused(t, err, "PreconditionFailed")
			})
		}
		wg.Wait()
		require.EqualValues(t, 1, won.Load())
	}
}

func TestConditionalGet(t *testing.T) {
	c := newCloud(t)
	c.put(t, "k", "body")
	now := c.Clock.Now().UTC()
	tests := map[string]struct {
		in   sdk.GetObjectInput
		code string
	}{
		"not this tag":      {sdk.GetObjectInput{IfNoneMatch: aws.String(`"841a2d689ad86bd1611447453c22c6fc"`)}, "NotModified"},
		"not another tag":   {sdk.GetObjectInput{IfNoneMatch: aws.String(`"00"`)}, ""},
		"changed since":     {sdk.GetObjectInput{IfModifiedSince: aws.Time(now.Add(-time.Minute))}, ""},
		"not changed since": {sdk.GetObjectInput{IfModifiedSince: aws.Time(now.Add(time.Minute))}, "NotModified"},
		"tag":               {sdk.GetObjectInput{IfMatch: aws.String("x")}, "NotImplemented"},
		"unmodified since":  {sdk.GetObjectInput{IfUnmodifiedSince: aws.Time(now)}, "NotImplemented"},
		"range":             {sdk.GetObjectInput{Range: aws.String("bytes=0-1")}, "NotImplemented"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.in.Bucket, tt.in.Key = aws.String("orders"), aws.String("k")
			out, err := c.client.GetObject(t.Context(), &tt.in)
			if tt.code == "" {
				require.NoError(t, err)
				require.NoError(t, out.Body.Close())
				return
			}
			cloudtest.Refused(t, err, tt.code)
		})
	}
}

func TestDelete(t *testing.T) {
	c := newCloud(t)
	for _, key := range []string{"a", "b", "c"} {
		c.put(t, key, key)
	}
	_, err := c.client.DeleteObject(t.Context(), &sdk.DeleteObjectInput{Bucket: aws.String("orders"), Key: aws.String("a")})
	require.NoError(t, err)
	_, err = c.client.DeleteObject(t.Context(), &sdk.DeleteObjectInput{Bucket: aws.String("orders"), Key: aws.String("a")})
	require.NoError(t, err, "a key that is gone is deleted as well")

	_, err = get(t, c.client, "a")
	cloudtest.Refused(t, err, "NoSuchKey")
	_, err = get(t, c.client, "b")
	require.NoError(t, err)
}

func TestWhatIsNotImplementedIsRefusedByName(t *testing.T) {
	c := newCloud(t)
	c.put(t, "k", "body")
	bucket, key := aws.String("orders"), aws.String("k")
	tests := map[string]func(ctx context.Context) error{
		"DeleteObjects": func(ctx context.Context) error {
			_, err := c.client.DeleteObjects(ctx, &sdk.DeleteObjectsInput{Bucket: bucket, Delete: &types.Delete{Objects: []types.ObjectIdentifier{{Key: key}}}})
			return err
		},
		`query parameter "response-content-type"`: func(ctx context.Context) error {
			_, err := c.client.GetObject(ctx, &sdk.GetObjectInput{Bucket: bucket, Key: key, ResponseContentType: key})
			return err
		},
		"X-Amz-Expected-Bucket-Owner": func(ctx context.Context) error {
			_, err := c.client.ListObjectsV2(ctx, &sdk.ListObjectsV2Input{Bucket: bucket, ExpectedBucketOwner: aws.String("123456789012")})
			return err
		},
		"X-Amz-Tagging": func(ctx context.Context) error {
			_, err := c.client.PutObject(ctx, &sdk.PutObjectInput{Bucket: bucket, Key: key, Tagging: aws.String("a=b")})
			return err
		},
		"X-Amz-Acl": func(ctx context.Context) error {
			_, err := c.client.PutObject(ctx, &sdk.PutObjectInput{Bucket: bucket, Key: key, ACL: "public-read"})
			return err
		},
		"X-Amz-Meta-Shop": func(ctx context.Context) error {
			_, err := c.client.PutObject(ctx, &sdk.PutObjectInput{Bucket: bucket, Key: key, Metadata: map[string]string{"shop": "v0"}})
			return err
		},
		"Cache-Control": func(ctx context.Context) error {
			_, err := c.client.PutObject(ctx, &sdk.PutObjectInput{Bucket: bucket, Key: key, CacheControl: aws.String("no-store")})
			return err
		},
		"If-Match": func(ctx context.Context) error {
			_, err := c.client.PutObject(ctx, &sdk.PutObjectInput{Bucket: bucket, Key: key, IfMatch: aws.String("x")})
			return err
		},
		"ListObjects": func(ctx context.Context) error {
			_, err := c.client.ListObjects(ctx, &sdk.ListObjectsInput{Bucket: bucket})
			return err
		},
		"CopyObject": func(ctx context.Context) error {
			_, err := c.client.CopyObject(ctx, &sdk.CopyObjectInput{Bucket: bucket, Key: key, CopySource: aws.String("orders/k")})
			return err
		},
		"storage class GLACIER": func(ctx context.Context) error {
			_, err := c.client.PutObject(ctx, &sdk.PutObjectInput{Bucket: bucket, Key: key, StorageClass: "GLACIER"})
			return err
		},
		`encryption "aws:kms"`: func(ctx context.Context) error {
			_, err := c.client.PutObject(ctx, &sdk.PutObjectInput{Bucket: bucket, Key: key, ServerSideEncryption: "aws:kms"})
			return err
		},
		`"versionId"`: func(ctx context.Context) error {
			_, err := c.client.GetObject(ctx, &sdk.GetObjectInput{Bucket: bucket, Key: key, VersionId: aws.String("1")})
			return err
		},
		"CreateMultipartUpload": func(ctx context.Context) error {
			_, err := c.client.CreateMultipartUpload(ctx, &sdk.CreateMultipartUploadInput{Bucket: bucket, Key: key})
			return err
		},
		"UploadPart": func(ctx context.Context) error {
			_, err := c.client.UploadPart(ctx, &sdk.UploadPartInput{Bucket: bucket, Key: key, UploadId: key, PartNumber: aws.Int32(1), Body: strings.NewReader("x")})
			return err
		},
		"UploadPartCopy": func(ctx context.Context) error {
			_, err := c.client.UploadPartCopy(ctx, &sdk.UploadPartCopyInput{Bucket: bucket, Key: key, UploadId: key, PartNumber: aws.Int32(1), CopySource: aws.String("orders/k")})
			return err
		},
		"CompleteMultipartUpload": func(ctx context.Context) error {
			_, err := c.client.CompleteMultipartUpload(ctx, &sdk.CompleteMultipartUploadInput{Bucket: bucket, Key: key, UploadId: key})
			return err
		},
		"AbortMultipartUpload": func(ctx context.Context) error {
			_, err := c.client.AbortMultipartUpload(ctx, &sdk.AbortMultipartUploadInput{Bucket: bucket, Key: key, UploadId: key})
			return err
		},
		"ListParts": func(ctx context.Context) error {
			_, err := c.client.ListParts(ctx, &sdk.ListPartsInput{Bucket: bucket, Key: key, UploadId: key})
			return err
		},
		"ListMultipartUploads": func(ctx context.Context) error {
			_, err := c.client.ListMultipartUploads(ctx, &sdk.ListMultipartUploadsInput{Bucket: bucket})
			return err
		},
		"ListObjectVersions": func(ctx context.Context) error {
			_, err := c.client.ListObjectVersions(ctx, &sdk.ListObjectVersionsInput{Bucket: bucket})
			return err
		},
		"GetObjectTagging": func(ctx context.Context) error {
			_, err := c.client.GetObjectTagging(ctx, &sdk.GetObjectTaggingInput{Bucket: bucket, Key: key})
			return err
		},
		"DeleteBucket": func(ctx context.Context) error {
			_, err := c.client.DeleteBucket(ctx, &sdk.DeleteBucketInput{Bucket: bucket})
			return err
		},
		`"versioning"`: func(ctx context.Context) error {
			_, err := c.client.GetBucketVersioning(ctx, &sdk.GetBucketVersioningInput{Bucket: bucket})
			return err
		},
		"CreateBucket": func(ctx context.Context) error {
			_, err := c.client.CreateBucket(ctx, &sdk.CreateBucketInput{Bucket: aws.String("new")})
			return err
		},
	}
	for name, call := range tests {
		t.Run(name, func(t *testing.T) {
			want := cmp.Or(map[string]string{
				"DeleteObjects": `"delete"`, "ListObjects": "GET /orders", "CopyObject": "X-Amz-Copy-Source", "CreateMultipartUpload": `"uploads"`,
				"UploadPart": "query parameter", "UploadPartCopy": "query parameter", "CompleteMultipartUpload": `"uploadId"`,
				"AbortMultipartUpload": `"uploadId"`, "ListParts": `"uploadId"`, "ListMultipartUploads": `"uploads"`,
				"ListObjectVersions": `"versions"`, "GetObjectTagging": `"tagging"`, "DeleteBucket": "DELETE /orders", "CreateBucket": "PUT /new",
			}[name], name)
			require.Contains(t, cloudtest.Refused(t, call(t.Context()), "NotImplemented"), want)
		})
	}
	body, err := get(t, c.client, "k")
	require.NoError(t, err)
	require.Equal(t, "body", body, "nothing of it had an effect")
}

func TestLimits(t *testing.T) {
	c := newCloud(t)
	_, err := c.client.PutObject(t.Context(), &sdk.PutObjectInput{Bucket: aws.String("orders"), Key: aws.String(strings.Repeat("k", 1025))})
	cloudtest.Refused(t, err, "KeyTooLongError")
}

func TestInjectedThrottling(t *testing.T) {
	c := newCloud(t)
	remove := c.Account.Faults.Add(fault.Rule{Action: "s3:PutObject", Do: func(context.Context, fault.Event) error { return s3.Throttled() }})
	_, err := c.client.PutObject(t.Context(), &sdk.PutObjectInput{Bucket: aws.String("orders"), Key: aws.String("k")})
	cloudtest.Refused(t, err, "SlowDown")
	remove()
	_, err = get(t, c.client, "k")
	cloudtest.Refused(t, err, "NoSuchKey")

	// An answer that is lost after the effect.
	c.Account.Faults.Add(fault.Rule{Action: "s3:PutObject", When: fault.After, Do: func(context.Context, fault.Event) error { return s3.Throttled() }})
	_, err = c.client.PutObject(t.Context(), &sdk.PutObjectInput{Bucket: aws.String("orders"), Key: aws.String("k")})
	cloudtest.Refused(t, err, "SlowDown")
	_, err = get(t, c.client, "k")
	require.NoError(t, err)
}
