package s3

import (
	"fmt"

	"github.com/order-patterns/order-patterns/local/provider"
)

// LifecycleArgs are the inputs of aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2.
type LifecycleArgs struct {
	Bucket string          `pulumi:"bucket,replace"`
	Rules  []LifecycleRule `pulumi:"rules"`
}

// LifecycleRule expires objects some days after they were written. Uploads in parts do not exist here, so that ending
// incomplete ones is done by itself; transitions to other storage classes and rules on versions are refused.
type LifecycleRule struct {
	ID     string `pulumi:"id"`
	Status string `pulumi:"status"`
	Filter *struct {
		Prefix *string `pulumi:"prefix,optional"`
	} `pulumi:"filter,optional"`
	Prefix     *string `pulumi:"prefix,optional"`
	Expiration *struct {
		Days int `pulumi:"days"`
	} `pulumi:"expiration,optional"`
	AbortIncompleteMultipartUpload *struct {
		DaysAfterInitiation int `pulumi:"daysAfterInitiation"`
	} `pulumi:"abortIncompleteMultipartUpload,optional"`
}

// prefix is that of the keys that the rule speaks of.
func (r *LifecycleRule) prefix() string {
	switch {
	case r.Filter != nil && r.Filter.Prefix != nil:
		return *r.Filter.Prefix
	case r.Prefix != nil:
		return *r.Prefix
	}
	return ""
}

func (s *Service) lifecycleKind() provider.Kind {
	return setting[LifecycleArgs]{
		kind:   "aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2",
		bucket: func(a *LifecycleArgs) string { return a.Bucket },
		slot:   func(b *bucket) **LifecycleArgs { return &b.lifecycle },
		check: func(c *provider.Checker, a *LifecycleArgs) {
			for i, r := range a.Rules {
				at := func(property string) string { return fmt.Sprintf("rules[%d].%s", i, property) }
				if !c.Unknown(at("status")) {
					c.OneOf(at("status"), &r.Status, "Enabled", "Disabled")
				}
				if r.Expiration != nil && !c.Unknown(at("expiration.days")) && r.Expiration.Days < 1 {
					c.Failf(at("expiration.days"), "must be positive, got %d", r.Expiration.Days)
				}
				if r.Expiration == nil && r.AbortIncompleteMultipartUpload == nil && !c.Unknown(at("expiration")) {
					c.Failf(at("expiration"), "or abortIncompleteMultipartUpload is required")
				}
				if r.Filter != nil && r.Prefix != nil {
					c.Failf(at("prefix"), "and filter exclude each other")
				}
			}
		},
	}.in(s)
}
