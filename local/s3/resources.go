package s3

import (
	"cmp"
	"context"
	"crypto/md5"
	"net"
	"net/http"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/provider"
	"github.com/order-patterns/order-patterns/local/wire"
)

// Kinds are the Pulumi resource types that this service realises.
func (s *Service) Kinds() []provider.Kind {
	return []provider.Kind{
		s.bucketKind(), publicAccessBlockSetting.in(s), policySetting.in(s), encryptionSetting.in(s), ownershipSetting.in(s),
		versioningSetting.in(s), lifecycleSetting.in(s), s.objectKind(),
	}
}

// BucketArgs are the inputs of aws:s3/bucketV2:BucketV2. What its deprecated inputs set has resource types of its own.
type BucketArgs struct {
	Bucket       *string           `pulumi:"bucket,optional,replace"`
	ForceDestroy *bool             `pulumi:"forceDestroy,optional"`
	Tags         map[string]string `pulumi:"tags,optional"`

	ARN                string `pulumi:"arn,output"`
	DomainName         string `pulumi:"bucketDomainName,output"`
	RegionalDomainName string `pulumi:"bucketRegionalDomainName,output"`
	Region             string `pulumi:"region,output"`
	HostedZoneID       string `pulumi:"hostedZoneId,output"`
}

func (b *bucket) state() *BucketArgs {
	b.mu.RLock()
	defer b.mu.RUnlock()
	state := b.inputs
	state.ARN, state.Region, state.HostedZoneID = bucketARN(b.name), account.Region, "Z3AQBSTGFAJSTF"
	state.DomainName, state.RegionalDomainName = b.name+".s3.amazonaws.com", b.name+".s3."+account.Region+".amazonaws.com"
	return &state
}

// bucketName is https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

func (s *Service) bucketKind() provider.Kind {
	return &provider.Object[BucketArgs, bucket]{
		Type:     "aws:s3/bucketV2:BucketV2",
		AutoName: &provider.AutoName{Property: "bucket", Max: 63, Transform: strings.ToLower},
		Check: func(c *provider.Checker, in *BucketArgs) {
			if n := in.Bucket; n != nil && (!bucketName.MatchString(*n) || strings.Contains(*n, "..") || net.ParseIP(*n) != nil) {
				c.Failf("bucket", "must be 3 to 63 lower-case letters, digits, hyphens and single dots, got %q", *n)
			}
		},
		Lock:  &s.mu,
		Find:  s.find,
		State: (*bucket).state,
		Create: func(_ context.Context, in *BucketArgs) (string, error) {
			if s.buckets[*in.Bucket] != nil {
				return "", wire.Errorf(http.StatusConflict, "BucketAlreadyOwnedByYou",
					"Your previous request to create the named bucket succeeded and you already own it.")
			}
			// Since April 2023 new buckets block public access.
			s.buckets[*in.Bucket] = &bucket{name: *in.Bucket, created: s.now(), inputs: *in, objects: map[string]*object{}, access: &PublicAccessBlockArgs{
				Bucket: *in.Bucket, BlockPublicAcls: new(true), BlockPublicPolicy: new(true), IgnorePublicAcls: new(true), RestrictPublicBuckets: new(true),
			}}
			return *in.Bucket, nil
		},
		Update: func(_ context.Context, b *bucket, in *BucketArgs) error {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.inputs = *in
			return nil
		},
		Delete: func(_ context.Context, b *bucket) error {
			if len(b.sorted()) > 0 && !aws.ToBool(b.state().ForceDestroy) {
				return wire.Errorf(http.StatusConflict, "BucketNotEmpty", "The bucket you tried to delete is not empty: %s", b.name)
			}
			delete(s.buckets, b.name)
			return nil
		},
	}
}

// ObjectArgs are the inputs of aws:s3/bucketObjectv2:BucketObjectv2.
type ObjectArgs struct {
	Bucket      string         `pulumi:"bucket,replace"`
	Key         string         `pulumi:"key,replace"`
	Source      provider.Asset `pulumi:"source"`
	ContentType *string        `pulumi:"contentType,optional"`
	ARN         string         `pulumi:"arn,output"`
	ETag        string         `pulumi:"etag,output"`
}

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
		o := &object{body: body, etag: md5.Sum(body), modified: s.now(), inputs: in,
			contentType: cmp.Or(aws.ToString(in.ContentType), "application/octet-stream")}
		return b.put(in.Key, o, false)
	}
	return &provider.Object[ObjectArgs, deployed]{
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
		State: func(d *deployed) *ObjectArgs {
			state := *d.inputs
			state.ARN, state.ETag = bucketARN(d.bucket.name)+"/"+state.Key, strings.Trim(d.object.tag(), `"`)
			return &state
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
