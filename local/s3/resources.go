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
		s.bucketKind(), s.publicAccessBlockKind(), s.policyKind(), s.encryptionKind(), s.ownershipKind(),
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

// state describes a bucket; the caller holds its lock.
func (b *bucket) state() *bucketState {
	return &bucketState{
		BucketArgs: b.inputs, ARN: bucketARN(b.name), DomainName: b.name + ".s3.amazonaws.com",
		RegionalDomainName: b.name + ".s3." + account.Region + ".amazonaws.com", Region: account.Region, HostedZoneID: "Z3AQBSTGFAJSTF",
	}
}

// bucketName is https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

func (s *Service) bucketKind() provider.Kind {
	return &provider.Resource[BucketArgs, bucketState]{
		Type:     "aws:s3/bucketV2:BucketV2",
		AutoName: &provider.AutoName{Property: "bucket", Max: 63, Transform: strings.ToLower},
		Check: func(c *provider.Checker, in *BucketArgs) {
			if n := in.Bucket; n != nil && (!bucketName.MatchString(*n) || strings.Contains(*n, "..") || net.ParseIP(*n) != nil) {
				c.Failf("bucket", "must be 3 to 63 lower-case letters, digits, hyphens and single dots, got %q", *n)
			}
		},
		Create: func(_ context.Context, in *BucketArgs) (string, *bucketState, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			if s.buckets[*in.Bucket] != nil {
				return "", nil, wire.Errorf(http.StatusConflict, "BucketAlreadyOwnedByYou",
					"Your previous request to create the named bucket succeeded and you already own it.")
			}
			// Since April 2023 new buckets block public access.
			b := &bucket{name: *in.Bucket, created: s.now(), inputs: *in, objects: map[string]*object{}, access: &PublicAccessBlockArgs{
				Bucket: *in.Bucket, BlockPublicAcls: new(true), BlockPublicPolicy: new(true), IgnorePublicAcls: new(true), RestrictPublicBuckets: new(true),
			}}
			s.buckets[b.name] = b
			return b.name, b.state(), nil
		},
		Read: func(_ context.Context, id string) (*bucketState, error) {
			b, err := s.find(id)
			if err != nil {
				return nil, nil
			}
			b.mu.RLock()
			defer b.mu.RUnlock()
			return b.state(), nil
		},
		Update: func(_ context.Context, id string, in *BucketArgs) (*bucketState, error) {
			b, err := s.find(id)
			if err != nil {
				return nil, err
			}
			b.mu.Lock()
			defer b.mu.Unlock()
			b.inputs = *in
			return b.state(), nil
		},
		Delete: func(_ context.Context, id string) error {
			b, err := s.find(id)
			if err != nil {
				return nil
			}
			if len(b.sorted()) > 0 && !isTrue(b.inputs.ForceDestroy) {
				return wire.Errorf(http.StatusConflict, "BucketNotEmpty", "The bucket you tried to delete is not empty: %s", id)
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			delete(s.buckets, id)
			return nil
		},
	}
}

func (s *Service) find(name string) (*bucket, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if b := s.buckets[name]; b != nil {
		return b, nil
	}
	return nil, noBucket(name)
}
