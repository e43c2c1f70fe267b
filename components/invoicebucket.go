package components

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// noncurrentDays is how long a version of an object is kept after it was overwritten or deleted. uploadDays is how long the parts of an
// incomplete upload are kept.
const (
	noncurrentDays = 30
	uploadDays     = 7
)

// invoiceBucket creates a private bucket with versioning.
func (b *builder) invoiceBucket(name string) (*s3.BucketV2, error) {
	bucket, err := b.privateBucket(name, b.deleteData, b.kmsKey())
	if err != nil {
		return nil, err
	}
	return bucket, b.versions(name, bucket)
}

// privateBucket creates a bucket that only this account can access, over TLS only. It is encrypted with the key, or with S3's own key if
// key is nil. It is protected unless mayDelete is set.
func (b *builder) privateBucket(name string, mayDelete bool, key pulumi.StringPtrInput) (*s3.BucketV2, error) {
	opts := b.opts()
	if !mayDelete {
		opts = b.opts(pulumi.Protect(true))
	}
	bucket, err := s3.NewBucketV2(b.ctx, b.child(name), &s3.BucketV2Args{
		ForceDestroy: pulumi.Bool(mayDelete),
		Tags:         b.tags,
	}, opts...)
	if err != nil {
		return nil, err
	}
	block, err := s3.NewBucketPublicAccessBlock(b.ctx, b.child(name), &s3.BucketPublicAccessBlockArgs{
		Bucket:                bucket.ID(),
		BlockPublicAcls:       pulumi.Bool(true),
		BlockPublicPolicy:     pulumi.Bool(true),
		IgnorePublicAcls:      pulumi.Bool(true),
		RestrictPublicBuckets: pulumi.Bool(true),
	}, b.opts()...)
	if err != nil {
		return nil, err
	}
	_, err = s3.NewBucketOwnershipControls(b.ctx, b.child(name), &s3.BucketOwnershipControlsArgs{
		Bucket: bucket.ID(),
		Rule:   &s3.BucketOwnershipControlsRuleArgs{ObjectOwnership: pulumi.String("BucketOwnerEnforced")},
	}, b.opts()...)
	if err != nil {
		return nil, err
	}
	rule := &s3.BucketServerSideEncryptionConfigurationV2RuleArgs{
		ApplyServerSideEncryptionByDefault: &s3.BucketServerSideEncryptionConfigurationV2RuleApplyServerSideEncryptionByDefaultArgs{
			SseAlgorithm: pulumi.String("AES256"),
		},
	}
	if key != nil {
		// With a bucket key, S3 calls KMS once for many objects: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html
		rule.BucketKeyEnabled = pulumi.Bool(true)
		rule.ApplyServerSideEncryptionByDefault = &s3.BucketServerSideEncryptionConfigurationV2RuleApplyServerSideEncryptionByDefaultArgs{
			SseAlgorithm: pulumi.String("aws:kms"), KmsMasterKeyId: key,
		}
	}
	_, err = s3.NewBucketServerSideEncryptionConfigurationV2(b.ctx, b.child(name), &s3.BucketServerSideEncryptionConfigurationV2Args{
		Bucket: bucket.ID(),
		Rules:  s3.BucketServerSideEncryptionConfigurationV2RuleArray{rule},
	}, b.opts()...)
	if err != nil {
		return nil, err
	}
	// S3 refuses a policy while it is still changing the public access block.
	_, err = s3.NewBucketPolicy(b.ctx, b.child(name), &s3.BucketPolicyArgs{
		Bucket: bucket.ID(),
		// https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html
		Policy: policyOf(tlsOnly("s3:*", bucket.Arn, pulumi.Sprintf("%s/*", bucket.Arn))),
	}, b.after(block)...)
	return bucket, err
}

// versions keeps overwritten and deleted versions for a while, and then deletes them:
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html
func (b *builder) versions(name string, bucket *s3.BucketV2) error {
	versioning, err := s3.NewBucketVersioningV2(b.ctx, b.child(name), &s3.BucketVersioningV2Args{
		Bucket:                  bucket.ID(),
		VersioningConfiguration: &s3.BucketVersioningV2VersioningConfigurationArgs{Status: pulumi.String("Enabled")},
	}, b.opts()...)
	if err != nil {
		return err
	}
	_, err = s3.NewBucketLifecycleConfigurationV2(b.ctx, b.child(name), &s3.BucketLifecycleConfigurationV2Args{
		Bucket: bucket.ID(),
		Rules: s3.BucketLifecycleConfigurationV2RuleArray{&s3.BucketLifecycleConfigurationV2RuleArgs{
			Id:     pulumi.String("tidy-up"),
			Status: pulumi.String("Enabled"),
			Filter: &s3.BucketLifecycleConfigurationV2RuleFilterArgs{Prefix: pulumi.String(invoicePrefix)},
			AbortIncompleteMultipartUpload: &s3.BucketLifecycleConfigurationV2RuleAbortIncompleteMultipartUploadArgs{
				DaysAfterInitiation: pulumi.Int(uploadDays),
			},
			NoncurrentVersionExpiration: &s3.BucketLifecycleConfigurationV2RuleNoncurrentVersionExpirationArgs{
				NoncurrentDays: pulumi.Int(noncurrentDays),
			},
		}},
	}, b.after(versioning)...)
	return err
}
