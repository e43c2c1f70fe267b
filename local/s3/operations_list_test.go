package s3_test

import (
	"bytes"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/order-patterns/order-patterns/local/internal/cloudtest"
)

// model lists as the documentation words it: each key, or the common prefix that it rolls up into, that comes after
// start-after, once, in order.
func model(keys []string, prefix, delimiter, after string) []string {
	var items []string
	for _, key := range keys {
		rest, ok := strings.CutPrefix(key, prefix)
		if !ok {
			continue
		}
		if head, _, found := strings.Cut(rest, delimiter); delimiter != "" && found {
			key = "P:" + prefix + head + delimiter
		} else {
			key = "K:" + key
		}
		if key[2:] > after && !slices.Contains(items, key) {
			items = append(items, key)
		}
	}
	slices.SortFunc(items, func(a, b string) int { return strings.Compare(a[2:], b[2:]) })
	return items
}

func TestListingAgreesWithAModel(t *testing.T) {
	c := newCloud(t)
	var keys []string // that the bucket holds
	text := rapid.StringOfN(rapid.SampledFrom([]rune("ab/é ")), 0, 4, -1)
	rapid.Check(t, func(rt *rapid.T) {
		want := rapid.SliceOfNDistinct(text.Filter(func(s string) bool { return s != "" }), 0, 12, rapid.ID).Draw(rt, "keys")
		for _, key := range keys {
			if !slices.Contains(want, key) {
				_, err := c.client.DeleteObject(t.Context(), &sdk.DeleteObjectInput{Bucket: aws.String("orders"), Key: &key})
				require.NoError(rt, err)
			}
		}
		for _, key := range want {
			if !slices.Contains(keys, key) {
				c.put(t, key, key)
			}
		}
		keys = want
		in := &sdk.ListObjectsV2Input{
			Bucket: aws.String("orders"), MaxKeys: aws.Int32(rapid.Int32Range(1, 5).Draw(rt, "max-keys")),
			Prefix: aws.String(text.Draw(rt, "prefix")), Delimiter: aws.String(rapid.SampledFrom([]string{"", "/", "a", "/a"}).Draw(rt, "delimiter")),
			StartAfter: aws.String(text.Draw(rt, "start-after")),
		}
		if rapid.Bool().Draw(rt, "url") {
			in.EncodingType = types.EncodingTypeUrl
		}
		var got []string
		for pages := sdk.NewListObjectsV2Paginator(c.client, in); pages.HasMorePages(); {
			page, err := pages.NextPage(t.Context())
			require.NoError(rt, err)
			require.EqualValues(rt, *page.KeyCount, len(page.Contents)+len(page.CommonPrefixes))
			require.LessOrEqual(rt, *page.KeyCount, *in.MaxKeys)
			var items []string
			for _, o := range page.Contents {
				items = append(items, "K:"+decoded(rt, in, *o.Key))
			}
			for _, p := range page.CommonPrefixes {
				items = append(items, "P:"+decoded(rt, in, *p.Prefix))
			}
			slices.SortFunc(items, func(a, b string) int { return strings.Compare(a[2:], b[2:]) })
			got = append(got, items...)
		}
		require.Equal(rt, model(keys, *in.Prefix, *in.Delimiter, *in.StartAfter), got)
	})
}

// decoded undoes the encoding that the listing was asked for, as AWS's command line does.
func decoded(t *rapid.T, in *sdk.ListObjectsV2Input, key string) string {
	if in.EncodingType == "" {
		return key
	}
	key, err := url.PathUnescape(key)
	require.NoError(t, err)
	return key
}

func TestListedObjectIsDescribed(t *testing.T) {
	c := newCloud(t)
	c.put(t, "k", "body")
	out, err := c.client.ListObjectsV2(t.Context(), &sdk.ListObjectsV2Input{Bucket: aws.String("orders")})
	require.NoError(t, err)
	require.Equal(t, "orders", *out.Name)
	require.EqualValues(t, 1000, *out.MaxKeys)
	require.False(t, *out.IsTruncated)
	o := out.Contents[0]
	require.Equal(t, `"841a2d689ad86bd1611447453c22c6fc"`, *o.ETag)
	require.EqualValues(t, 4, *o.Size)
	require.WithinDuration(t, c.Clock.Now(), *o.LastModified, 1e6)
}

func TestListingArgumentsAreChecked(t *testing.T) {
	c := newCloud(t)
	_, err := c.client.ListObjectsV2(t.Context(), &sdk.ListObjectsV2Input{Bucket: aws.String("orders"), MaxKeys: aws.Int32(-1)})
	cloudtest.Refused(t, err, "InvalidArgument")
	_, err = c.client.ListObjectsV2(t.Context(), &sdk.ListObjectsV2Input{Bucket: aws.String("orders"), ContinuationToken: aws.String("?")})
	cloudtest.Refused(t, err, "InvalidArgument")
	c.put(t, "k", "body")
	out, err := c.client.ListObjectsV2(t.Context(), &sdk.ListObjectsV2Input{Bucket: aws.String("orders"), MaxKeys: aws.Int32(0)})
	require.NoError(t, err)
	require.Empty(t, out.Contents)
	require.False(t, *out.IsTruncated)
}

// BenchmarkPutObject is a function writing an invoice: the SDK, HTTP, the signature, the store.
func BenchmarkPutObject(b *testing.B) {
	c := newCloud(b)
	_, config := c.Role(b, "writer", document(`{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::orders/*"}`))
	client := clientOf(config)
	c.MustDeploy(b, policyType, map[string]any{"bucket": "orders", "policy": document(tlsOnly)})
	body := bytes.Repeat([]byte(`{"invoice":"00000000"}, `), 17)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			_, err := client.PutObject(b.Context(), &sdk.PutObjectInput{
				Bucket: aws.String("orders"), Key: aws.String("account/" + uuid.NewString()), Body: bytes.NewReader(body),
				ContentType: aws.String("application/json"), IfNoneMatch: aws.String("*"),
			})
			if err != nil {
				b.Fatal(err)
			}
		}
	})
}
