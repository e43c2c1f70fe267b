// Package buckettest is an S3 bucket in memory, for tests of programs that use package bucket.
package buckettest

import (
	"bytes"
	"context"
	"io"
	"maps"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
)

// Bucket holds the objects of one bucket, for any bucket name.
type Bucket struct {
	// Refuse is called before each request for the object with a key. If it returns an error, the request fails with it. It may be nil.
	Refuse func(key string) error

	mu      sync.Mutex
	objects map[string][]byte
}

// PutObject writes an object. With IfNoneMatch it fails if the object exists.
func (b *Bucket) PutObject(ctx context.Context, in *s3.PutObjectInput, _ ...func(*s3.Options)) (*s3.PutObjectOutput, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.refuse(ctx, in.Key); err != nil {
		return nil, err
	}
	if _, there := b.objects[aws.ToString(in.Key)]; there && in.IfNoneMatch != nil {
		return nil, &smithy.GenericAPIError{Code: "PreconditionFailed", Message: "At least one of the pre-conditions you specified did not hold"}
	}
	content, err := io.ReadAll(in.Body)
	if err != nil {
		return nil, err
	}
	b.put(aws.ToString(in.Key), content)
	return &s3.PutObjectOutput{}, nil
}

// GetObject reads an object. If there is none, the error is a *types.NoSuchKey.
func (b *Bucket) GetObject(ctx context.Context, in *s3.GetObjectInput, _ ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.refuse(ctx, in.Key); err != nil {
		return nil, err
	}
	content, there := b.objects[aws.ToString(in.Key)]
	if !there {
		return nil, &types.NoSuchKey{Message: aws.String("The specified key does not exist.")}
	}
	return &s3.GetObjectOutput{Body: io.NopCloser(bytes.NewReader(content)), ContentLength: aws.Int64(int64(len(content)))}, nil
}

// DeleteObject deletes an object, if there is one.
func (b *Bucket) DeleteObject(ctx context.Context, in *s3.DeleteObjectInput, _ ...func(*s3.Options)) (*s3.DeleteObjectOutput, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.refuse(ctx, in.Key); err != nil {
		return nil, err
	}
	delete(b.objects, aws.ToString(in.Key))
	return &s3.DeleteObjectOutput{}, nil
}

func (b *Bucket) refuse(ctx context.Context, key *string) error {
	if b.Refuse != nil {
		if err := b.Refuse(aws.ToString(key)); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// Put writes an object without a condition.
func (b *Bucket) Put(key string, content []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.put(key, content)
}

func (b *Bucket) put(key string, content []byte) {
	if b.objects == nil {
		b.objects = map[string][]byte{}
	}
	b.objects[key] = content
}

// Get returns an object, or nil.
func (b *Bucket) Get(key string) []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.objects[key]
}

// Keys returns the keys of all objects, sorted.
func (b *Bucket) Keys() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Sorted(maps.Keys(b.objects))
}
