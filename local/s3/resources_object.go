package s3

import (
	"context"
	"crypto/md5"
	"strings"

	"github.com/order-patterns/order-patterns/local/provider"
)

// ObjectArgs are the inputs of aws:s3/bucketObjectv2:BucketObjectv2.
type ObjectArgs struct {
	Bucket      string         `pulumi:"bucket,replace"`
	Key         string         `pulumi:"key,replace"`
	Source      provider.Asset `pulumi:"source"`
	ContentType *string        `pulumi:"contentType,optional"`
}

type objectState struct {
	ObjectArgs
	ARN  string `pulumi:"arn"`
	ETag string `pulumi:"etag"`
}

// deployed is an object that a resource made.
type deployed struct {
	bucket *bucket
	inputs *ObjectArgs
	object *object
}

func (s *Service) objectKind() provider.Kind {
	put := func(in *ObjectArgs) error {
		b, err := s.find(in.Bucket)
		if err != nil {
			return err
		}
		body, err := in.Source.Bytes()
		if err != nil {
			return err
		}
		o := &object{body: body, etag: md5.Sum(body), modified: s.now(), contentType: "application/octet-stream", inputs: in}
		if in.ContentType != nil {
			o.contentType = *in.ContentType
		}
		return b.put(in.Key, o, "", false)
	}
	return &provider.Object[ObjectArgs, objectState, deployed]{
		Type: "aws:s3/bucketObjectv2:BucketObjectv2",
		Check: func(c *provider.Checker, in *ObjectArgs) {
			if !c.Unknown("key") && (in.Key == "" || len(in.Key) > maxKey) {
				c.Failf("key", "must have 1 to %d bytes, got %d", maxKey, len(in.Key))
			}
		},
		Lock: &s.mu,
		Find: func(id string) (*deployed, error) {
			name, key, _ := strings.Cut(id, "/")
			b, err := s.find(name)
			if err != nil {
				return nil, err
			}
			o := b.get(key)
			if o == nil || o.inputs == nil {
				return nil, noKey(key)
			}
			return &deployed{b, o.inputs, o}, nil
		},
		State: func(d *deployed) *objectState {
			return &objectState{ObjectArgs: *d.inputs, ARN: bucketARN(d.bucket.name) + "/" + d.inputs.Key, ETag: strings.Trim(d.object.tag(), `"`)}
		},
		Create: func(_ context.Context, in *ObjectArgs) (string, error) { return in.Bucket + "/" + in.Key, put(in) },
		Update: func(_ context.Context, _ *deployed, in *ObjectArgs) error { return put(in) },
		Delete: func(_ context.Context, d *deployed) error {
			d.bucket.delete(d.inputs.Key)
			return nil
		},
	}
}

// Object implements lambda.Objects.
func (s *Service) Object(bucketName, key string) ([]byte, error) {
	s.mu.RLock()
	b, err := s.find(bucketName)
	s.mu.RUnlock()
	if err != nil {
		return nil, err
	}
	o := b.get(key)
	if o == nil {
		return nil, noKey(key)
	}
	return o.body, nil
}
