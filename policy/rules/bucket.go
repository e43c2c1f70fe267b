package rules

import "strings"

var noPublicBucket = Rule{
	Name:        "no-public-bucket",
	Description: "Each bucket blocks public access, and has no ACL or policy that allows everybody.",
	Level:       Mandatory,
	Reference:   "https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html",
	check: func(s *Stack, _ Settings, report report) {
		for _, bucket := range s.of(bucketTypes...) {
			blocks := s.referrers(accessBlockType, "bucket", bucket)
			if len(blocks) == 0 {
				report(bucket, "the bucket has no public access block")
			}
			for _, block := range blocks {
				for _, setting := range []string{"blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"} {
					if !block.has(setting) {
						report(block, "%s is not true", setting)
					}
				}
			}
		}
		for _, r := range append(s.of(bucketTypes...), s.of(bucketACLTypes...)...) {
			if acl := r.text("acl"); strings.HasPrefix(acl, "public-") || acl == "authenticated-read" {
				report(r, "the ACL %s allows others", acl)
			}
		}
		for _, r := range append(s.of(bucketTypes...), s.of(bucketPolicyType)...) {
			for _, statement := range r.statements("policy") {
				if statement.allows() && statement.everybody() {
					report(r, "the statement %s allows everybody", statement.name())
				}
			}
		}
	},
}
