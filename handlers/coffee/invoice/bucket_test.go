package invoice_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
)

// bucket is an S3 bucket in memory: conditional puts, and listing in key order, page by page.
type bucket struct {
	mu       sync.Mutex
	objects  map[string]string
	types    map[string]string
	lists    int
	pageSize int // 1,000 unless set
	fail     error
}

func (b *bucket) PutObject(_ context.Context, in *s3.PutObjectInput, _ ...func(*s3.Options)) (*s3.PutObjectOutput, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fail != nil {
		return nil, b.fail
	}
	if aws.ToString(in.Bucket) != "invoices-1" || aws.ToString(in.IfNoneMatch) != "*" {
		return nil, errors.New("unexpected PutObject")
	}
	key := aws.ToString(in.Key)
	if _, found := b.objects[key]; found {
		return nil, &smithy.GenericAPIError{Code: "PreconditionFailed", Message: "At least one of the pre-conditions you specified did not hold"}
	}
	body, err := io.ReadAll(in.Body)
	if err != nil {
		return nil, err
	}
	b.put(key, string(body))
	b.types[key] = aws.ToString(in.ContentType)
	return &s3.PutObjectOutput{}, nil
}

func (b *bucket) put(key, body string) {
	if b.objects == nil {
		b.objects, b.types = map[string]string{}, map[string]string{}
	}
	b.objects[key] = body
}

func (b *bucket) ListObjectsV2(_ context.Context, in *s3.ListObjectsV2Input, _ ...func(*s3.Options)) (*s3.ListObjectsV2Output, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lists++
	if b.fail != nil {
		return nil, b.fail
	}
	size := 1000
	if b.pageSize > 0 {
		size = b.pageSize
	}
	if in.MaxKeys != nil {
		size = min(size, int(*in.MaxKeys))
	}
	var keys []string
	for key := range b.objects {
		if strings.HasPrefix(key, aws.ToString(in.Prefix)) && key > aws.ToString(in.ContinuationToken) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	out := &s3.ListObjectsV2Output{IsTruncated: aws.Bool(len(keys) > size)}
	keys = keys[:min(size, len(keys))]
	for _, key := range keys {
		out.Contents = append(out.Contents, types.Object{Key: aws.String(key)})
	}
	if *out.IsTruncated {
		out.NextContinuationToken = aws.String(keys[len(keys)-1])
	}
	return out, nil
}
