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

// like returns a check that accepts text that matches a pattern.
func like(pattern *regexp.Regexp, example string) func(string) error {
	return func(s string) error {
		if !pattern.MatchString(s) {
			return fmt.Errorf("must be like %s, got %q", example, s)
		}
		return nil
	}
}

// resolveEdge validates the domain name, the web ACL and the allowed addresses.
func (s ApiSettings) resolveEdge(v *validator, path string) ApiSettings {
	if !unset(s.DomainName) {
		s.DomainName = v.text(path+".DomainName", s.DomainName, like(domainPattern, "orders.example.com"), "")
		if unset(s.CertificateArn) {
			v.addf(path+".CertificateArn", "is required with DomainName")
		}
	} else {
		if !unset(s.CertificateArn) {
			v.addf(path+".CertificateArn", "is accepted only with DomainName")
		}
		if !unset(s.HostedZoneId) {
			v.addf(path+".HostedZoneId", "is accepted only with DomainName")
		}
		if s.DisableExecuteApiEndpoint {
			v.addf(path+".DisableExecuteApiEndpoint", "requires DomainName: the API would have no address")
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

// ranges validates CIDR blocks. It returns nil if none are set.
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

// resourcePolicy returns the resource policy of the API, which denies requests from addresses that are not allowed. It returns nil if all
// addresses are allowed.
//
// The policy allows only preflights and routes without an authorizer: they need an Allow once there is a policy. It must not allow a route
// with an authorizer, because one Allow of the two is enough, and the authorizer would be bypassed.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html
//
// The policy is an argument of the API, which the AWS provider sets again after each import of the document. An import removes a policy
// that was attached in another way, and the provider reverts a changed policy that is part of the document:
// https://github.com/pulumi/pulumi-aws/issues/4296, https://github.com/hashicorp/terraform-provider-aws/issues/38515
//
// The ARNs have * in place of the API's id, which is not known yet. API Gateway would expand an ARN without it, and the next preview would
// show a change:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-control-access-using-iam-policies-to-invoke-api.html
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

// domain creates the custom domain name of the API, and returns its URL:
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

// awsVersion is the version of the AWS provider in go.mod. Resources of the provider's Go packages are registered with it.
const awsVersion = "6.83.2"

// webACL associates a web ACL with the stage:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-control-access-aws-waf.html
//
// The package wafv2 of the AWS provider would double the size of a program. So the resource is registered without it, with the version of
// the provider that the other resources have.
func (b *builder) webACL(arn pulumi.StringPtrInput, stage *apigateway.Stage) error {
	var association pulumi.CustomResourceState
	return b.ctx.RegisterResource("aws:wafv2/webAclAssociation:WebAclAssociation", b.name,
		pulumi.Map{"resourceArn": stage.Arn, "webAclArn": stringOf(arn)}, &association, b.opts(pulumi.Version(awsVersion))...)
}

// throttleRoutes sets throttles on single routes. The settings of a method replace all of the stage's. Each of these resources depends on
// the previous one, because all of them change the same stage.
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

// methodPath returns the path of a method in a stage's settings, in which ~1 stands for a slash:
// https://docs.aws.amazon.com/cli/latest/reference/apigateway/update-stage.html
func methodPath(r Route) string { return strings.ReplaceAll(r.Path, "/", "~1") + "/" + r.Method }

// either returns n, or other if n is not set.
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
