package components

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/apigateway"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/route53"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

var (
	domainPattern      = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$`)
	certificatePattern = regexp.MustCompile(`^arn:[a-z-]+:acm:[a-z0-9-]+:[0-9]{12}:certificate/[A-Za-z0-9-]+$`)
	zonePattern        = regexp.MustCompile(`^[A-Z0-9]{1,32}$`)
	webACLPattern      = regexp.MustCompile(`^arn:[a-z-]+:wafv2:[a-z0-9-]+:[0-9]{12}:regional/webacl/[^/]+/[^/]+$`)
)

// like accepts what matches a pattern.
func like(pattern *regexp.Regexp, example string) func(string) error {
	return func(s string) error {
		if !pattern.MatchString(s) {
			return fmt.Errorf("must be like %s, got %q", example, s)
		}
		return nil
	}
}

// resolveEdge validates by which name and from where the API can be called.
func (s ApiSettings) resolveEdge(v *validator, path string) ApiSettings {
	if !unset(s.DomainName) {
		s.DomainName = v.text(path+".DomainName", s.DomainName, like(domainPattern, "orders.example.com"), "")
		if unset(s.CertificateArn) {
			v.addf(path+".CertificateArn", "is required with DomainName")
		}
	} else {
		if !unset(s.CertificateArn) {
			v.addf(path+".CertificateArn", "is of use only with DomainName")
		}
		if !unset(s.HostedZoneId) {
			v.addf(path+".HostedZoneId", "is of use only with DomainName")
		}
		if s.DisableExecuteApiEndpoint {
			v.addf(path+".DisableExecuteApiEndpoint", "needs DomainName, because the API would have no address")
		}
	}
	if !unset(s.CertificateArn) {
		s.CertificateArn = v.text(path+".CertificateArn", s.CertificateArn,
			like(certificatePattern, "arn:aws:acm:eu-west-1:123456789012:certificate/ID"), "")
	}
	if !unset(s.HostedZoneId) {
		s.HostedZoneId = v.text(path+".HostedZoneId", s.HostedZoneId, like(zonePattern, "Z0123456789ABCDEFGHIJ"), "")
	}
	if !unset(s.WebAclArn) {
		s.WebAclArn = v.text(path+".WebAclArn", s.WebAclArn,
			like(webACLPattern, "arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/NAME/ID"), "")
	}
	s.AllowedCidrs = v.ranges(path+".AllowedCidrs", s.AllowedCidrs)
	return s
}

// ranges validates ranges of addresses. It returns nil if they are not set.
func (v *validator) ranges(path string, in pulumi.StringArrayInput) pulumi.StringArrayInput {
	if in == nil {
		return nil
	}
	check := func(ranges []string) error {
		if len(ranges) == 0 {
			return fmt.Errorf("must have at least one range")
		}
		for _, r := range ranges {
			if p, err := netip.ParsePrefix(r); err != nil || p != p.Masked() {
				return fmt.Errorf("must be ranges such as 192.0.2.0/24 or 2001:db8::/32, got %q", r)
			}
		}
		return nil
	}
	if list, ok := in.(pulumi.StringArray); ok {
		var ranges []string
		for _, element := range list {
			if r, ok := known[string](element); ok {
				ranges = append(ranges, r)
			}
		}
		if len(ranges) == len(list) {
			if err := check(ranges); err != nil {
				v.addf(path, "%v", err)
			}
			return list
		}
	}
	return in.ToStringArrayOutput().ApplyT(func(ranges []string) ([]string, error) {
		return ranges, v.late(path, check(ranges))
	}).(pulumi.StringArrayOutput)
}

// resourcePolicy refuses requests from other addresses than the allowed ones; nil if any may call.
//
// It allows only the routes without an authorizer, and preflights, because these need an Allow once there is a policy. An
// Allow of a route with an authorizer would let in whom the authorizer does not: of the two policies, one Allow is enough.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html
//
// It is an argument of the API, which the AWS provider sets again after each import of the document. An import takes away a
// policy that was attached in another way, and the provider takes back a changed one that is part of the document:
// https://github.com/pulumi/pulumi-aws/issues/4296, https://github.com/hashicorp/terraform-provider-aws/issues/38515
//
// The ARNs have * for the API, whose id is not known yet. API Gateway would expand an ARN without it, and the next preview
// would show a change: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-control-access-using-iam-policies-to-invoke-api.html
func (b *builder) resourcePolicy(args *OrderApiArgs) pulumi.StringPtrInput {
	ranges := args.Settings.AllowedCidrs
	if ranges == nil {
		return nil
	}
	is := b.identity()
	return pulumi.All(is.partition, is.region, is.account, ranges).ApplyT(func(v []any) (string, error) {
		api := fmt.Sprintf("arn:%s:execute-api:%s:%s:*/", v[0], v[1], v[2])
		open := []string{api + stageName + "/OPTIONS/*"}
		for _, r := range args.Routes {
			if args.kind(r) == AuthNone {
				open = append(open, api+stageName+"/"+r.Method+pathARN(r.Path))
			}
		}
		const invoke = "execute-api:Invoke"
		return marshal(object{"Version": "2012-10-17", "Statement": []object{
			{"Sid": "WithoutAuthorizer", "Effect": "Allow", "Principal": everybody, "Action": invoke, "Resource": open},
			{
				"Sid": "OtherAddresses", "Effect": "Deny", "Principal": everybody, "Action": invoke, "Resource": api + "*",
				"Condition": object{"NotIpAddress": object{"aws:SourceIp": v[3]}},
			},
		}})
	}).(pulumi.StringOutput)
}

// domain gives the API a name of its own, and returns its URL:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-regional-api-custom-domain-create.html
func (b *builder) domain(s ApiSettings, rest *apigateway.RestApi, stage *apigateway.Stage) (pulumi.StringOutput, error) {
	domain, err := apigateway.NewDomainName(b.ctx, b.name, &apigateway.DomainNameArgs{
		DomainName:             stringOf(s.DomainName),
		RegionalCertificateArn: s.CertificateArn,
		EndpointConfiguration:  &apigateway.DomainNameEndpointConfigurationArgs{Types: pulumi.String("REGIONAL")},
		SecurityPolicy:         pulumi.String("TLS_1_2"),
		Tags:                   b.tags,
	}, b.opts()...)
	if err != nil {
		return pulumi.StringOutput{}, err
	}
	mapping, err := apigateway.NewBasePathMapping(b.ctx, b.name, &apigateway.BasePathMappingArgs{
		DomainName: domain.DomainName, RestApi: rest.ID(), StageName: stage.StageName,
	}, b.opts()...)
	if err != nil {
		return pulumi.StringOutput{}, err
	}
	url := pulumi.Sprintf("https://%s", mapping.DomainName)
	if s.HostedZoneId == nil {
		return url, nil
	}
	record, err := route53.NewRecord(b.ctx, b.name, &route53.RecordArgs{
		ZoneId: stringOf(s.HostedZoneId), Name: domain.DomainName, Type: pulumi.String("A"),
		Aliases: route53.RecordAliasArray{route53.RecordAliasArgs{
			Name: domain.RegionalDomainName, ZoneId: domain.RegionalZoneId, EvaluateTargetHealth: pulumi.Bool(false),
		}},
	}, b.opts()...)
	if err != nil {
		return pulumi.StringOutput{}, err
	}
	return pulumi.All(url, record.Fqdn).ApplyT(func(v []any) string { return v[0].(string) }).(pulumi.StringOutput), nil
}

// awsVersion is that of the AWS provider in go.mod, with which its packages register their resources.
const awsVersion = "6.83.2"

// webACL puts a web ACL in front of the stage:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-control-access-aws-waf.html
//
// The package wafv2 of the AWS provider would double the size of a program, so the resource is registered without it, with
// the provider of the others.
func (b *builder) webACL(arn pulumi.StringPtrInput, stage *apigateway.Stage) error {
	var association pulumi.CustomResourceState
	return b.ctx.RegisterResource("aws:wafv2/webAclAssociation:WebAclAssociation", b.name,
		pulumi.Map{"resourceArn": stage.Arn, "webAclArn": stringOf(arn)}, &association, b.opts(pulumi.Version(awsVersion))...)
}

// throttleRoutes gives routes throttles of their own. The settings of a method replace those of the stage, all of them. The
// resources follow one another, because they change the same stage.
func (b *builder) throttleRoutes(args *OrderApiArgs, rest *apigateway.RestApi, stage *apigateway.Stage, after pulumi.Resource) error {
	for _, r := range args.Routes {
		if unset(r.RateLimit) && unset(r.BurstLimit) {
			continue
		}
		settings, err := apigateway.NewMethodSettings(b.ctx, b.child("throttle"+routeSuffix(r)), &apigateway.MethodSettingsArgs{
			RestApi:    rest.ID(),
			StageName:  stage.StageName,
			MethodPath: pulumi.String(methodPath(r)),
			Settings: &apigateway.MethodSettingsSettingsArgs{
				MetricsEnabled:       args.Settings.DetailedMetrics,
				ThrottlingRateLimit:  rate(either(r.RateLimit, args.Settings.RateLimit)),
				ThrottlingBurstLimit: either(r.BurstLimit, args.Settings.BurstLimit),
			},
		}, b.after(after)...)
		if err != nil {
			return err
		}
		after = settings
	}
	return nil
}

// methodPath names a method of a stage: the slashes of its path are ~1.
// https://docs.aws.amazon.com/cli/latest/reference/apigateway/update-stage.html
func methodPath(r Route) string { return strings.ReplaceAll(r.Path, "/", "~1") + "/" + r.Method }

// either is a number, or else the other.
func either(n, other pulumi.IntPtrInput) pulumi.IntOutput {
	if unset(n) {
		return intOf(other)
	}
	return pulumi.All(n.ToIntPtrOutput(), intOf(other)).ApplyT(func(v []any) int {
		if given, _ := v[0].(*int); given != nil {
			return *given
		}
		return v[1].(int)
	}).(pulumi.IntOutput)
}

// resolveThrottles validates the throttles of routes.
func resolveThrottles(v *validator, routes []Route) []Route {
	routes = slices.Clone(routes)
	for i := range routes {
		at := fmt.Sprintf("Routes[%d]", i)
		routes[i].RateLimit = v.optional(at+".RateLimit", routes[i].RateLimit, RateRange.Check)
		routes[i].BurstLimit = v.optional(at+".BurstLimit", routes[i].BurstLimit, BurstRange.Check)
	}
	return routes
}
