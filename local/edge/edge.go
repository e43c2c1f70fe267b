// Package edge keeps the resources that stand before an API on AWS and have no effect here: records of Route 53, which no
// resolver reads, and associations of web ACLs, which filter nothing. Their inputs are checked.
package edge

import (
	"regexp"
	"sync"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/provider"
)

// RecordArgs are the inputs of aws:route53/record:Record. Only aliases of AWS resources are supported.
type RecordArgs struct {
	ZoneID  string  `pulumi:"zoneId,replace"`
	Name    string  `pulumi:"name,replace"`
	Type    string  `pulumi:"type,replace"`
	Aliases []Alias `pulumi:"aliases"`
}

// Alias is an AWS resource to which a record leads.
type Alias struct {
	Name                 string `pulumi:"name"`
	ZoneID               string `pulumi:"zoneId"`
	EvaluateTargetHealth bool   `pulumi:"evaluateTargetHealth"`
}

// WebACLAssociationArgs are the inputs of aws:wafv2/webAclAssociation:WebAclAssociation.
type WebACLAssociationArgs struct {
	ResourceARN string `pulumi:"resourceArn,replace"`
	WebACLARN   string `pulumi:"webAclArn,replace"`
}

var (
	zoneID   = regexp.MustCompile(`^Z[A-Z0-9]{1,31}$`)
	stageARN = regexp.MustCompile(`^arn:aws:apigateway:` + account.Region + `::/restapis/[a-z0-9]+/stages/[A-Za-z0-9_-]+$`)
	aclARN   = regexp.MustCompile(`^arn:aws:wafv2:` + account.Region + `:` + account.ID + `:regional/webacl/[^/]+/[^/]+$`)
)

// Kinds are the Pulumi resource types of this package, without any object.
func Kinds() []provider.Kind {
	return []provider.Kind{
		kind("aws:route53/record:Record", func(in *RecordArgs) string { return in.ZoneID + "_" + in.Name + "_" + in.Type },
			func(c *provider.Checker, in *RecordArgs) {
				c.Match("zoneId", &in.ZoneID, zoneID, "the id of a hosted zone")
				c.OneOf("type", &in.Type, "A", "AAAA")
			}),
		kind("aws:wafv2/webAclAssociation:WebAclAssociation", func(in *WebACLAssociationArgs) string { return in.WebACLARN + "," + in.ResourceARN },
			func(c *provider.Checker, in *WebACLAssociationArgs) {
				c.Match("resourceArn", &in.ResourceARN, stageARN, "the ARN of a stage of a REST API")
				c.Match("webAclArn", &in.WebACLARN, aclARN, "the ARN of a regional web ACL of this account")
			}),
	}
}

func kind[In any](token string, id func(*In) string, check func(*provider.Checker, *In)) provider.Kind {
	return provider.Kept(map[string]*In{}, id, provider.Object[In, In]{Type: token, Check: check, Lock: &sync.Mutex{}})
}
