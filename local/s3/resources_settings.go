package s3

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/provider"
	"github.com/order-patterns/order-patterns/local/wire"
)

// setting is a resource type that is one setting of a bucket, named by its bucket. Applying it may be refused.
type setting[Args any] struct {
	kind   string
	bucket func(*Args) string
	slot   func(*bucket) **Args
	check  func(*provider.Checker, *Args)
	apply  func(*bucket, *Args) error
}

func (k setting[Args]) in(s *Service) provider.Kind {
	set := func(_ context.Context, b *bucket, in *Args) error {
		b.mu.Lock()
		defer b.mu.Unlock()
		if k.apply != nil && in != nil {
			if err := k.apply(b, in); err != nil {
				return err
			}
		}
		*k.slot(b) = in
		return nil
	}
	return provider.Setting(k.bucket, set, provider.Object[Args, bucket]{
		Type:  k.kind,
		Check: k.check,
		Lock:  &s.mu,
		Find:  s.find,
		State: func(b *bucket) *Args {
			b.mu.RLock()
			defer b.mu.RUnlock()
			return *k.slot(b)
		},
	})
}

// PublicAccessBlockArgs are the inputs of aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock. There are no ACLs here, so
// that two of them do nothing.
type PublicAccessBlockArgs struct {
	Bucket                string `pulumi:"bucket,replace"`
	BlockPublicAcls       *bool  `pulumi:"blockPublicAcls,optional"`
	BlockPublicPolicy     *bool  `pulumi:"blockPublicPolicy,optional"`
	IgnorePublicAcls      *bool  `pulumi:"ignorePublicAcls,optional"`
	RestrictPublicBuckets *bool  `pulumi:"restrictPublicBuckets,optional"`
}

var publicAccessBlockSetting = setting[PublicAccessBlockArgs]{
	kind:   "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
	bucket: func(a *PublicAccessBlockArgs) string { return a.Bucket },
	slot:   func(b *bucket) **PublicAccessBlockArgs { return &b.access },
}

// PolicyArgs are the inputs of aws:s3/bucketPolicy:BucketPolicy.
type PolicyArgs struct {
	Bucket string `pulumi:"bucket,replace"`
	Policy string `pulumi:"policy"`

	doc *policy.Document
}

var policySetting = setting[PolicyArgs]{
	kind:   "aws:s3/bucketPolicy:BucketPolicy",
	bucket: func(a *PolicyArgs) string { return a.Bucket },
	slot:   func(b *bucket) **PolicyArgs { return &b.policy },
	check: func(c *provider.Checker, a *PolicyArgs) {
		c.Parse("policy", &a.Policy, policy.Check(policy.Resource))
	},
	apply: func(b *bucket, a *PolicyArgs) error {
		doc, err := policy.Parse(a.Policy, policy.Resource)
		if err != nil {
			return wire.Errorf(http.StatusBadRequest, "MalformedPolicy", "%v", err)
		}
		for _, st := range doc.Statements {
			for _, arn := range st.Resource {
				if own := bucketARN(b.name); arn != own && !strings.HasPrefix(arn, own+"/") {
					return wire.Errorf(http.StatusBadRequest, "MalformedPolicy", "Policy has invalid resource: %s", arn)
				}
			}
		}
		// On AWS some conditions keep a statement from being public:
		// https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
		public := func(st policy.Statement) bool { return st.Effect == "Allow" && st.Principal.Any }
		if b.access != nil && aws.ToBool(b.access.BlockPublicPolicy) && slices.ContainsFunc(doc.Statements, public) {
			return wire.Errorf(http.StatusForbidden, "AccessDenied", "The bucket policy is public, and public policies are prevented "+
				"by the BlockPublicPolicy setting in S3 Block Public Access")
		}
		a.doc = doc
		return nil
	},
}

// EncryptionArgs are the inputs of
// aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2.
type EncryptionArgs struct {
	Bucket string           `pulumi:"bucket,replace"`
	Rules  []EncryptionRule `pulumi:"rules"`
}

// EncryptionRule is the one rule that a bucket has.
type EncryptionRule struct {
	Default *struct {
		Algorithm string  `pulumi:"sseAlgorithm"`
		Key       *string `pulumi:"kmsMasterKeyId,optional"` // alias/aws/s3 if absent, with aws:kms
	} `pulumi:"applyServerSideEncryptionByDefault,optional"`
	BucketKeyEnabled *bool `pulumi:"bucketKeyEnabled,optional"`
}

var encryptionSetting = setting[EncryptionArgs]{
	kind:   "aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2",
	bucket: func(a *EncryptionArgs) string { return a.Bucket },
	slot:   func(b *bucket) **EncryptionArgs { return &b.encryption },
	check: func(c *provider.Checker, a *EncryptionArgs) {
		const at = "rules[0].applyServerSideEncryptionByDefault.sseAlgorithm"
		if c.Unknown(at) {
			return
		}
		if len(a.Rules) != 1 {
			c.Failf("rules", "must have one member, got %d", len(a.Rules))
			return
		}
		if d := a.Rules[0].Default; d != nil {
			c.OneOf(at, &d.Algorithm, "AES256", "aws:kms")
			if d.Key != nil && d.Algorithm != "aws:kms" {
				c.Failf(at, "must be aws:kms with a kmsMasterKeyId, got %q", d.Algorithm)
			}
		}
	},
}

// OwnershipArgs are the inputs of aws:s3/bucketOwnershipControls:BucketOwnershipControls.
type OwnershipArgs struct {
	Bucket string `pulumi:"bucket,replace"`
	Rule   struct {
		ObjectOwnership string `pulumi:"objectOwnership"`
	} `pulumi:"rule"`
}

var ownershipSetting = setting[OwnershipArgs]{
	kind:   "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
	bucket: func(a *OwnershipArgs) string { return a.Bucket },
	slot:   func(b *bucket) **OwnershipArgs { return &b.ownership },
	check: func(c *provider.Checker, a *OwnershipArgs) {
		// The other values bring ACLs back, which are not implemented.
		c.OneOf("rule.objectOwnership", &a.Rule.ObjectOwnership, "BucketOwnerEnforced")
	},
}

// VersioningArgs are the inputs of aws:s3/bucketVersioningV2:BucketVersioningV2. They are recorded; no versions are kept.
type VersioningArgs struct {
	Bucket        string `pulumi:"bucket,replace"`
	Configuration struct {
		Status string `pulumi:"status"`
	} `pulumi:"versioningConfiguration"`
}

var versioningSetting = setting[VersioningArgs]{
	kind:   "aws:s3/bucketVersioningV2:BucketVersioningV2",
	bucket: func(a *VersioningArgs) string { return a.Bucket },
	slot:   func(b *bucket) **VersioningArgs { return &b.versioning },
	check: func(c *provider.Checker, a *VersioningArgs) {
		c.OneOf("versioningConfiguration.status", &a.Configuration.Status, "Enabled", "Suspended")
	},
}

// LifecycleArgs are the inputs of aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2. They are recorded; there
// is nothing here that a rule could remove. Rules on current objects are refused.
type LifecycleArgs struct {
	Bucket string          `pulumi:"bucket,replace"`
	Rules  []LifecycleRule `pulumi:"rules"`
}

// LifecycleRule removes parts of uploads that were not completed, and objects that were overwritten or deleted.
type LifecycleRule struct {
	ID     string `pulumi:"id"`
	Status string `pulumi:"status"`
	Filter *struct {
		Prefix *string `pulumi:"prefix,optional"`
	} `pulumi:"filter,optional"`
	AbortIncompleteMultipartUpload *struct {
		DaysAfterInitiation int `pulumi:"daysAfterInitiation"`
	} `pulumi:"abortIncompleteMultipartUpload,optional"`
	NoncurrentVersionExpiration *struct {
		NoncurrentDays int `pulumi:"noncurrentDays"`
	} `pulumi:"noncurrentVersionExpiration,optional"`
}

var lifecycleSetting = setting[LifecycleArgs]{
	kind:   "aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2",
	bucket: func(a *LifecycleArgs) string { return a.Bucket },
	slot:   func(b *bucket) **LifecycleArgs { return &b.lifecycle },
	check: func(c *provider.Checker, a *LifecycleArgs) {
		for i, r := range a.Rules {
			c.OneOf(fmt.Sprintf("rules[%d].status", i), &r.Status, "Enabled", "Disabled")
		}
	},
}
