package bucket_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/kit/bucket"
	"github.com/order-patterns/order-patterns/handlers/kit/bucket/buckettest"
)

func put(t *testing.T, b *buckettest.Bucket, content string) (bool, error) {
	t.Helper()
	name, key := "pictures", "p1"
	return bucket.PutOnce(t.Context(), b, &s3.PutObjectInput{Bucket: &name, Key: &key, Body: bytes.NewReader([]byte(content))})
}

func TestTheFirstObjectStays(t *testing.T) {
	b := &buckettest.Bucket{}
	for i, content := range []string{"first", "second"} {
		written, err := put(t, b, content)
		require.NoError(t, err)
		require.Equal(t, i == 0, written)
	}
	require.Equal(t, "first", string(b.Get("p1")))
}

func TestAnErrorIsNotAnObjectThatIsThere(t *testing.T) {
	for _, err := range []error{errors.New("down"), &smithy.GenericAPIError{Code: "AccessDenied"}} {
		written, got := put(t, &buckettest.Bucket{Refuse: func(string) error { return err }}, "x")
		require.False(t, written)
		require.Equal(t, err, got)
	}
}
