// Package edge keeps the resources that stand before an API on AWS and have no effect here: custom domains of API Gateway, which
// would need TLS, records of Route 53, which no resolver reads, and associations of web ACLs, which filter nothing.
package edge

import (
	"sync"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/provider"
)

// DomainNameArgs are the inputs of aws:apigateway/domainName:DomainName. Only regional ones are supported, which are not AWS's default.
type DomainNameArgs struct {
	DomainName             string `pulumi:"domainName,replace"`
	RegionalCertificateARN string `pulumi:"regionalCertificateArn"`
	EndpointConfiguration  struct {
		Types string `pulumi:"types"`
	} `pulumi:"endpointConfiguration"`
	SecurityPolicy     *string           `pulumi:"securityPolicy,optional"`
	Tags               map[string]string `pulumi:"tags,optional"`
	ARN                string            `pulumi:"arn,output"`
	RegionalDomainName string            `pulumi:"regionalDomainName,output"`
	RegionalZoneID     string            `pulumi:"regionalZoneId,output"`
}

// BasePathMappingArgs are the inputs of aws:apigateway/basePathMapping:BasePathMapping, of one stage and without a base path.
type BasePathMappingArgs struct {
	DomainName string `pulumi:"domainName,replace"`
	RestAPI    string `pulumi:"restApi"`
	StageName  string `pulumi:"stageName"`
}

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

// Kinds are the Pulumi resource types of this package, without any object.
func Kinds() []provider.Kind {
	return []provider.Kind{
		provider.Kept(map[string]*DomainNameArgs{}, func(in *DomainNameArgs) string { return in.DomainName }, provider.Object[DomainNameArgs, DomainNameArgs]{
			Type: "aws:apigateway/domainName:DomainName", Lock: &sync.Mutex{},
			Check: func(c *provider.Checker, in *DomainNameArgs) {
				c.OneOf("endpointConfiguration.types", &in.EndpointConfiguration.Types, "REGIONAL")
			},
			State: func(in *DomainNameArgs) *DomainNameArgs {
				state := *in
				state.ARN = "arn:aws:apigateway:" + account.Region + "::/domainnames/" + in.DomainName
				state.RegionalDomainName = "d-0123456789.execute-api." + account.Region + ".amazonaws.com"
				state.RegionalZoneID = "Z1UJRXOUMOOFQ8" // https://docs.aws.amazon.com/general/latest/gr/apigateway.html
				return &state
			},
		}),
		kind("aws:apigateway/basePathMapping:BasePathMapping", func(in *BasePathMappingArgs) string { return in.DomainName + "/" }, nil),
		kind("aws:route53/record:Record", func(in *RecordArgs) string { return in.ZoneID + "_" + in.Name + "_" + in.Type },
			func(c *provider.Checker, in *RecordArgs) {
				c.OneOf("type", &in.Type, "A", "AAAA")
			}),
		kind("aws:wafv2/webAclAssociation:WebAclAssociation", func(in *WebACLAssociationArgs) string { return in.WebACLARN + "," + in.ResourceARN }, nil),
	}
}

func kind[In any](token string, id func(*In) string, check func(*provider.Checker, *In)) provider.Kind {
	return provider.Kept(map[string]*In{}, id, provider.Object[In, In]{Type: token, Check: check, Lock: &sync.Mutex{}})
}
