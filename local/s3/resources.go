package s3

import (
	"context"
	"net"
	"net/http"
	"regexp"
	"strings"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/provider"
	"github.com/order-patterns/order-patterns/local/wire"
)

// Kinds are the Pulumi resource types that this service realises.
func (s *Service) Kinds() []provider.Kind {
	return []provider.Kind{
		s.bucketKind(), s.publicAccessBlockKind(), s.policyKind(), s.encryptionKind(), s.ownershipKind(), s.versioningKind(),
		s.lifecycleKind(), s.objectKind(),
	}
}

// BucketArgs are the inputs of aws:s3/bucketV2:BucketV2. What its deprecated inputs set has resource types of its own.
type BucketArgs struct {
	Bucket       *string           `pulumi:"bucket,optional,replace"`
	ForceDestroy *bool             `pulumi:"forceDestroy,optional"`
	Tags         map[string]string `pulumi:"tags,optional"`
}

type bucketState struct {
	BucketArgs
	ARN                string `pulumi:"arn"`
	DomainName         string `pulumi:"bucketDomainName"`
	RegionalDomainName string `pulumi:"bucketRegionalDomainName"`
	Region             string `pulumi:"region"`
	HostedZoneID       string `pulumi:"hostedZoneId"`
}

func (b *bucket) state() *bucketState {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return &bucketState{
		BucketArgs: b.inputs, ARN: bucketARN(b.name), DomainName: b.name + ".s3.amazonaws.com",
		RegionalDomainName: b.name + ".s3." + account.Region + ".amazonaws.com", Region: account.Region, HostedZoneID: "Z3AQBSTGFAJSTF",
	}
}

// bucketName is https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

func (s *Service) bucketKind() provider.Kind {
	return &provider.Object[BucketArgs, bucketState, bucket]{
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
			if len(b.sorted()) > 0 && !isTrue(b.state().ForceDestroy) {
				return wire.Errorf(http.StatusConflict, "BucketNotEmpty", "The bucket you tried to delete is not empty: %s", b.name)
			}
			delete(s.buckets, b.name)
			return nil
		},
	}
}
