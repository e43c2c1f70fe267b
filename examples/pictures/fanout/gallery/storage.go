// Package gallery is what the programs in Go have in common: the bucket, the table, and how a function is described.
package gallery

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/dynamodb"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/order-patterns/order-patterns/components"
)

// Storage is the bucket of originals and thumbnails, and the table of what is known of pictures.
type Storage struct {
	Bucket *s3.BucketV2
	Table  *dynamodb.Table
}

// NewStorage makes both. Without deleteData they are protected: `pulumi destroy` refuses to delete them.
func NewStorage(ctx *pulumi.Context, deleteData bool) (Storage, error) {
	bucket, err := newBucket(ctx, deleteData)
	if err != nil {
		return Storage{}, err
	}
	table, err := dynamodb.NewTable(ctx, "pictures", &dynamodb.TableArgs{
		BillingMode: pulumi.String("PAY_PER_REQUEST"),
		HashKey:     pulumi.String("owner"),
		RangeKey:    pulumi.String("part"),
		Attributes: dynamodb.TableAttributeArray{
			dynamodb.TableAttributeArgs{Name: pulumi.String("owner"), Type: pulumi.String("S")},
			dynamodb.TableAttributeArgs{Name: pulumi.String("part"), Type: pulumi.String("S")},
		},
		DeletionProtectionEnabled: pulumi.Bool(!deleteData),
		Tags:                      Tags(ctx),
	}, pulumi.Protect(!deleteData))
	return Storage{bucket, table}, err
}

// newBucket makes a bucket that is private and encrypted, and refuses what comes without TLS.
func newBucket(ctx *pulumi.Context, deleteData bool) (*s3.BucketV2, error) {
	bucket, err := s3.NewBucketV2(ctx, "pictures", &s3.BucketV2Args{ForceDestroy: pulumi.Bool(deleteData), Tags: Tags(ctx)}, pulumi.Protect(!deleteData))
	if err != nil {
		return nil, err
	}
	block, err := s3.NewBucketPublicAccessBlock(ctx, "pictures", &s3.BucketPublicAccessBlockArgs{
		Bucket: bucket.ID(), BlockPublicAcls: pulumi.Bool(true), BlockPublicPolicy: pulumi.Bool(true),
		IgnorePublicAcls: pulumi.Bool(true), RestrictPublicBuckets: pulumi.Bool(true),
	})
	if err != nil {
		return nil, err
	}
	if _, err := s3.NewBucketServerSideEncryptionConfigurationV2(ctx, "pictures", &s3.BucketServerSideEncryptionConfigurationV2Args{
		Bucket: bucket.ID(),
		Rules: s3.BucketServerSideEncryptionConfigurationV2RuleArray{s3.BucketServerSideEncryptionConfigurationV2RuleArgs{
			ApplyServerSideEncryptionByDefault: s3.BucketServerSideEncryptionConfigurationV2RuleApplyServerSideEncryptionByDefaultArgs{
				SseAlgorithm: pulumi.String("AES256"),
			},
		}},
	}); err != nil {
		return nil, err
	}
	// S3 refuses a policy while it is still changing the public access block.
	_, err = s3.NewBucketPolicy(ctx, "pictures", &s3.BucketPolicyArgs{
		Bucket: bucket.ID(),
		Policy: pulumi.Sprintf(`{"Version": "2012-10-17", "Statement": [{
			"Sid": "TLSOnly", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["%[1]s", "%[1]s/*"],
			"Condition": {"Bool": {"aws:SecureTransport": "false"}}
		}]}`, bucket.Arn),
	}, pulumi.DependsOn([]pulumi.Resource{block}))
	return bucket, err
}

// Tags are on all that takes tags.
func Tags(ctx *pulumi.Context) pulumi.StringMap {
	return pulumi.StringMap{"project": pulumi.String(ctx.Project()), "stack": pulumi.String(ctx.Stack())}
}

// Read lets a function read the objects below prefixes. With s3:ListBucket, S3 answers that an object does not exist, and otherwise that
// access is denied.
func (s Storage) Read(prefixes ...string) []components.Permission {
	return []components.Permission{
		s.Objects("s3:GetObject", prefixes...),
		{Actions: []string{"s3:ListBucket"}, Resources: pulumi.StringArray{s.Bucket.Arn}},
	}
}

// Objects lets a function do something, such as s3:PutObject, with the objects below prefixes.
func (s Storage) Objects(action string, prefixes ...string) components.Permission {
	var arns pulumi.StringArray
	for _, prefix := range prefixes {
		arns = append(arns, pulumi.Sprintf("%s/%s/*", s.Bucket.Arn, prefix))
	}
	return components.Permission{Actions: []string{action}, Resources: arns}
}

// Items lets a function do something, such as dynamodb:PutItem, with the table.
func (s Storage) Items(action string) components.Permission {
	return components.Permission{Actions: []string{action}, Resources: pulumi.StringArray{s.Table.Arn}}
}
