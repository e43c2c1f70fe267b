package components

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// invoiceBucket makes a private bucket that is encrypted and answers over TLS only.
func (b *builder) invoiceBucket(name string) (*s3.BucketV2, error) {
	bucket, err := s3.NewBucketV2(b.ctx, b.child(name), &s3.BucketV2Args{
		ForceDestroy: pulumi.Bool(b.deleteData),
		Tags:         b.tags,
	}, b.protected()...)
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
	_, err = s3.NewBucketServerSideEncryptionConfigurationV2(b.ctx, b.child(name), &s3.BucketServerSideEncryptionConfigurationV2Args{
		Bucket: bucket.ID(),
		Rules: s3.BucketServerSideEncryptionConfigurationV2RuleArray{
			&s3.BucketServerSideEncryptionConfigurationV2RuleArgs{
				ApplyServerSideEncryptionByDefault: &s3.BucketServerSideEncryptionConfigurationV2RuleApplyServerSideEncryptionByDefaultArgs{
					SseAlgorithm: pulumi.String("AES256"),
				},
			},
		},
	}, b.opts()...)
	if err != nil {
		return nil, err
	}
	// S3 refuses a policy while it is still changing the public access block.
	_, err = s3.NewBucketPolicy(b.ctx, b.child(name), &s3.BucketPolicyArgs{
		Bucket: bucket.ID(),
		Policy: bucket.Arn.ApplyT(tlsOnly).(pulumi.StringOutput),
	}, b.after(block)...)
	return bucket, err
}

// tlsOnly denies everybody everything that does not come over TLS:
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html
func tlsOnly(arn string) (string, error) {
	return marshal(map[string]any{
		"Version": "2012-10-17",
		"Statement": []any{map[string]any{
			"Sid": "TLSOnly", "Effect": "Deny", "Principal": "*",
			// A wildcard, because everything is to be denied.
			"Action":    "s3:*",
			"Resource":  []string{arn, arn + "/*"},
			"Condition": map[string]any{"Bool": map[string]string{"aws:SecureTransport": "false"}},
		}},
	})
}
