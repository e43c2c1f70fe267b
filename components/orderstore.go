package components

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/dynamodb"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// orderStore is where the coffee patterns leave an order: an item in a table, a document in a bucket. It also has the
// functions that read both, so that every pattern answers the same GET routes.
type orderStore struct {
	table      *dynamodb.Table
	bucket     *s3.BucketV2
	getOrder   *function
	getInvoice *function
}

// readFunctions are the packages of the functions that read the store.
var readFunctions = []string{"get-order", "get-invoice"}

type orderStoreArgs struct {
	packages   packages
	read       FunctionSettings
	deleteData bool
	// allowOrigin is the CORS origin that the functions answer with.
	allowOrigin string
	observe     observe
	tags        pulumi.StringMap
}

func newOrderStore(ctx *pulumi.Context, name string, args orderStoreArgs, parent pulumi.ResourceOption) (*orderStore, error) {
	s := &orderStore{}
	opts := []pulumi.ResourceOption{parent}
	keep := protect(args.deleteData, opts...)
	var err error
	s.table, err = dynamodb.NewTable(ctx, name+"-orders", &dynamodb.TableArgs{
		BillingMode: pulumi.String("PAY_PER_REQUEST"),
		HashKey:     pulumi.String("accountid"),
		RangeKey:    pulumi.String("vendorid"),
		Attributes: dynamodb.TableAttributeArray{
			&dynamodb.TableAttributeArgs{Name: pulumi.String("accountid"), Type: pulumi.String("S")},
			&dynamodb.TableAttributeArgs{Name: pulumi.String("vendorid"), Type: pulumi.String("S")},
		},
		// What marks an order as completed is of no use once no older message can come any more.
		Ttl:                       &dynamodb.TableTtlArgs{AttributeName: pulumi.String("expires"), Enabled: pulumi.Bool(true)},
		PointInTimeRecovery:       &dynamodb.TablePointInTimeRecoveryArgs{Enabled: pulumi.Bool(!args.deleteData)},
		DeletionProtectionEnabled: pulumi.Bool(!args.deleteData),
		// Encrypted at rest with a key that DynamoDB owns, which is how every table is and costs nothing:
		// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
		Tags: args.tags,
	}, keep...)
	if err != nil {
		return nil, err
	}
	if s.bucket, err = newInvoiceBucket(ctx, name+"-invoices", args, opts, keep); err != nil {
		return nil, err
	}
	s.getOrder, err = newFunction(ctx, name+"-get-order", functionArgs{
		pkg:         "get-order",
		packages:    args.packages,
		description: "Answers GET /order from the table",
		settings:    args.read,
		environment: pulumi.StringMap{"TABLE_NAME": s.table.Name, "ALLOW_ORIGIN": pulumi.String(args.allowOrigin)},
		allow: []statement{{
			sid: "ReadOrder", actions: []string{"dynamodb:GetItem"}, resources: []pulumi.StringInput{s.table.Arn},
		}},
		observe: args.observe, tags: args.tags,
	}, opts...)
	if err != nil {
		return nil, err
	}
	s.getInvoice, err = newFunction(ctx, name+"-get-invoice", functionArgs{
		pkg:         "get-invoice",
		packages:    args.packages,
		description: "Answers GET /invoice with a presigned URL",
		settings:    args.read,
		environment: pulumi.StringMap{"BUCKET_NAME": s.bucket.Bucket, "ALLOW_ORIGIN": pulumi.String(args.allowOrigin)},
		allow: []statement{
			{
				sid: "FindInvoice", actions: []string{"s3:ListBucket"}, resources: []pulumi.StringInput{s.bucket.Arn},
				condition: &condition{"StringLike", "s3:prefix", pulumi.String(invoicePrefix + "*")},
			},
			// Who follows a presigned URL has the permissions of who signed it.
			{sid: "ShareInvoice", actions: []string{"s3:GetObject"}, resources: []pulumi.StringInput{s.invoices()}},
		},
		observe: args.observe, tags: args.tags,
	}, opts...)
	return s, err
}

// mayStore lets a function write orders.
func (s *orderStore) mayStore() statement {
	return statement{sid: "StoreOrder", actions: []string{"dynamodb:PutItem"}, resources: []pulumi.StringInput{s.table.Arn}}
}

// mayInvoice lets a function write invoices.
func (s *orderStore) mayInvoice() statement {
	return statement{sid: "WriteInvoice", actions: []string{"s3:PutObject"}, resources: []pulumi.StringInput{s.invoices()}}
}

// invoicePrefix begins the key of every invoice.
const invoicePrefix = "invoices/"

// invoices is the ARN pattern of all invoices.
func (s *orderStore) invoices() pulumi.StringOutput {
	return pulumi.Sprintf("%s/%s*", s.bucket.Arn, invoicePrefix)
}

// newInvoiceBucket makes a private bucket that is encrypted and answers over TLS only.
func newInvoiceBucket(ctx *pulumi.Context, name string, args orderStoreArgs, opts, keep []pulumi.ResourceOption) (*s3.BucketV2, error) {
	bucket, err := s3.NewBucketV2(ctx, name, &s3.BucketV2Args{
		ForceDestroy: pulumi.Bool(args.deleteData),
		Tags:         args.tags,
	}, keep...)
	if err != nil {
		return nil, err
	}
	block, err := s3.NewBucketPublicAccessBlock(ctx, name, &s3.BucketPublicAccessBlockArgs{
		Bucket:                bucket.ID(),
		BlockPublicAcls:       pulumi.Bool(true),
		BlockPublicPolicy:     pulumi.Bool(true),
		IgnorePublicAcls:      pulumi.Bool(true),
		RestrictPublicBuckets: pulumi.Bool(true),
	}, opts...)
	if err != nil {
		return nil, err
	}
	_, err = s3.NewBucketOwnershipControls(ctx, name, &s3.BucketOwnershipControlsArgs{
		Bucket: bucket.ID(),
		Rule:   &s3.BucketOwnershipControlsRuleArgs{ObjectOwnership: pulumi.String("BucketOwnerEnforced")},
	}, opts...)
	if err != nil {
		return nil, err
	}
	_, err = s3.NewBucketServerSideEncryptionConfigurationV2(ctx, name, &s3.BucketServerSideEncryptionConfigurationV2Args{
		Bucket: bucket.ID(),
		Rules: s3.BucketServerSideEncryptionConfigurationV2RuleArray{
			&s3.BucketServerSideEncryptionConfigurationV2RuleArgs{
				ApplyServerSideEncryptionByDefault: &s3.BucketServerSideEncryptionConfigurationV2RuleApplyServerSideEncryptionByDefaultArgs{
					SseAlgorithm: pulumi.String("AES256"),
				},
			},
		},
	}, opts...)
	if err != nil {
		return nil, err
	}
	// S3 refuses a policy while it is still changing the public access block.
	_, err = s3.NewBucketPolicy(ctx, name, &s3.BucketPolicyArgs{
		Bucket: bucket.ID(),
		Policy: bucket.Arn.ApplyT(tlsOnly).(pulumi.StringOutput),
	}, append(opts, pulumi.DependsOn([]pulumi.Resource{block}))...)
	return bucket, err
}

// tlsOnly denies everybody everything that does not come over TLS:
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html
func tlsOnly(arn string) (string, error) {
	return marshal(map[string]any{
		"Version": "2012-10-17",
		"Statement": []any{map[string]any{
			"Sid": "TLSOnly", "Effect": "Deny", "Principal": "*",
			// A wildcard, because a denial of everything is what is meant.
			"Action":    "s3:*",
			"Resource":  []string{arn, arn + "/*"},
			"Condition": map[string]any{"Bool": map[string]string{"aws:SecureTransport": "false"}},
		}},
	})
}
