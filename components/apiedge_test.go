package components_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/components"
)

const (
	settingsType = "aws:apigateway/methodSettings:MethodSettings"
	domainType   = "aws:apigateway/domainName:DomainName"
	webACLType   = "aws:wafv2/webAclAssociation:WebAclAssociation"
	certificate  = "arn:aws:acm:eu-west-1:123456789012:certificate/0f1e-2d"
	webACL       = "arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/shop/0f1e-2d"
)

func TestARouteMayHaveItsOwnThrottle(t *testing.T) {
	c := mixed(t, func(a *components.OrderApiArgs) {
		a.Settings = components.ApiSettings{RateLimit: pulumi.Int(100), BurstLimit: pulumi.Int(50), DetailedMetrics: pulumi.Bool(true)}
		a.Routes[0].RateLimit = pulumi.Int(7)
		a.Routes[1].RateLimit, a.Routes[1].BurstLimit = pulumi.Int(3), pulumi.Int(2)
	})
	settings := func(rate, burst float64) map[string]any {
		return map[string]any{"metricsEnabled": true, "throttlingRateLimit": rate, "throttlingBurstLimit": burst}
	}
	for name, want := range map[string]map[string]any{
		"api": {"methodPath": "*/*", "settings": settings(100, 50)},
		// A setting that the route does not set is the stage's: the settings of a method replace all of the stage's.
		"api-throttle-get-menu-shop":  {"methodPath": "~1menu~1{shop}/GET", "settings": settings(7, 50)},
		"api-throttle-post-menu-shop": {"methodPath": "~1menu~1{shop}/POST", "settings": settings(3, 2)},
	} {
		has(t, c.inputs(t, settingsType, name), want)
	}
	require.NotContains(t, c.registered, settingsType+" api-throttle-delete-menu-shop")
	// They change the same stage.
	require.Contains(t, c.dependencies(t, settingsType, "api-throttle-get-menu-shop"), "methodsettings/api")
	require.Contains(t, c.dependencies(t, settingsType, "api-throttle-post-menu-shop"), "methodsettings/api-throttle-get-menu-shop")
}

func TestAThrottleThatResolvesToNilIsTheThrottleOfTheAPI(t *testing.T) {
	nothing := pulumi.ToOutput((*int)(nil)).ApplyT(func(any) *int { return nil }).(pulumi.IntPtrOutput)
	c := mixed(t, func(a *components.OrderApiArgs) {
		a.Routes[0].RateLimit, a.Routes[0].BurstLimit = nothing, pulumi.Int(9)
	})
	has(t, at(t, c.inputs(t, settingsType, "api-throttle-get-menu-shop"), "settings"), map[string]any{"throttlingRateLimit": 1000.0, "throttlingBurstLimit": 9.0})
}

func TestAnAPIMayHaveACustomDomainName(t *testing.T) {
	const recordType = "aws:route53/record:Record"
	for zone, set := range map[string]pulumi.StringPtrInput{"": nil, "Z0123": pulumi.String("Z0123")} {
		var url string
		c := &cloud{}
		require.NoError(t, c.run(func(ctx *pulumi.Context) error {
			f, err := components.NewFanOut(ctx, "fanout", &components.FanOutArgs{
				Orders: &components.FanOutOrders{}, Authorizer: open, Common: components.Common{Packages: inFolder(t).Packages, Tags: team},
				Api: components.ApiSettings{
					DomainName: pulumi.String("orders.example.com"), CertificateArn: pulumi.String(certificate), HostedZoneId: set, DisableExecuteApiEndpoint: true,
				},
			})
			if err != nil {
				return err
			}
			f.Url.ApplyT(func(s string) error {
				url = s
				return nil
			})
			return nil
		}))
		require.Equal(t, "https://orders.example.com", url)
		require.Equal(t, map[string]any{
			"domainName": "orders.example.com", "regionalCertificateArn": certificate, "securityPolicy": "TLS_1_2",
			"endpointConfiguration": map[string]any{"types": "REGIONAL"}, "tags": map[string]any{"team": "coffee"},
		}, c.inputs(t, domainType, "fanout-api"))
		require.Equal(t, map[string]any{"domainName": "orders.example.com", "restApi": "id:restapi/fanout-api", "stageName": "prod"},
			c.inputs(t, "aws:apigateway/basePathMapping:BasePathMapping", "fanout-api"))
		has(t, c.inputs(t, restAPIType, "fanout-api"), map[string]any{"disableExecuteApiEndpoint": true})
		if set == nil {
			require.NotContains(t, c.registered, recordType+" fanout-api")
			continue
		}
		require.Equal(t, map[string]any{
			"zoneId": zone, "name": "orders.example.com", "type": "A",
			"aliases": []any{map[string]any{"name": "regional:domainname/fanout-api", "zoneId": "zone:domainname/fanout-api", "evaluateTargetHealth": false}},
		}, c.inputs(t, recordType, "fanout-api"))
	}
	require.NotContains(t, fanOut(t, nil).inputs(t, restAPIType, "fanout-api"), "disableExecuteApiEndpoint")
	require.NotContains(t, fanOut(t, nil).registered, domainType+" fanout-api")
}

func TestAWebACLIsInFrontOfTheStage(t *testing.T) {
	each(t, common{api: components.ApiSettings{WebAclArn: pulumi.String(webACL)}}, func(t *testing.T, pattern string, c *cloud) {
		require.Equal(t, map[string]any{"resourceArn": "arn:stage/" + pattern + "-api", "webAclArn": webACL}, c.inputs(t, webACLType, pattern+"-api"))
		// Another version would need another provider, with its own settings.
		require.Equal(t, c.find(t, stageType, pattern+"-api").RegisterRPC.GetVersion(), c.find(t, webACLType, pattern+"-api").RegisterRPC.GetVersion())
		require.Equal(t, c.find(t, stageType, pattern+"-api").RegisterRPC.GetParent(), c.find(t, webACLType, pattern+"-api").RegisterRPC.GetParent())
	})
	require.NotContains(t, fanOut(t, nil).registered, webACLType+" fanout-api")
}

// Either a resource policy or an authorizer is enough to allow a request. So an Allow of all routes would bypass the authorizer.
func TestTheResourcePolicyDeniesOtherAddressesAndDoesNotBypassTheAuthorizer(t *testing.T) {
	ranges := pulumi.StringArray{pulumi.String("192.0.2.0/24"), pulumi.String("2001:db8::/32")}
	const api = "arn:aws:execute-api:eu-west-1:123456789012:*/"
	policy := func(open ...any) map[string]any {
		return map[string]any{"Version": "2012-10-17", "Statement": []any{
			map[string]any{"Sid": "WithoutAuthorizer", "Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": open},
			map[string]any{
				"Sid": "OtherAddresses", "Effect": "Deny", "Principal": "*", "Action": "execute-api:Invoke", "Resource": api + "*",
				"Condition": map[string]any{"NotIpAddress": map[string]any{"aws:SourceIp": []any{"192.0.2.0/24", "2001:db8::/32"}}},
			},
		}}
	}
	const preflights = api + "prod/OPTIONS/*"
	for kind, auth := range authorizers {
		c := fanOut(t, func(a *components.FanOutArgs) { a.Authorizer, a.Api.AllowedCidrs = auth, ranges })
		want := policy(preflights)
		if kind == "none" {
			want = policy(preflights, api+"prod/POST/order", api+"prod/GET/order", api+"prod/GET/invoice")
		}
		require.Empty(t, cmp.Diff(want, c.document(t, restAPIType, "fanout-api", "policy")), kind)
		denied := at(t, c.document(t, restAPIType, "fanout-api", "body"), "x-amazon-apigateway-gateway-responses", "ACCESS_DENIED", "responseTemplates")["application/json"]
		require.Equal(t, `{"message":"not allowed"}`, denied, "AWS's own text has an ARN")
	}
	c := mixed(t, func(a *components.OrderApiArgs) { a.Settings.AllowedCidrs = ranges })
	require.Empty(t, cmp.Diff(policy(preflights, api+"prod/GET/menu/*"), c.document(t, restAPIType, "api", "policy")),
		"the routes with tokens and with signatures are not allowed by the policy")

	require.NotContains(t, fanOut(t, nil).inputs(t, restAPIType, "fanout-api"), "policy")
}

// A policy takes effect with a deployment.
func TestChangedAddressesNeedANewDeployment(t *testing.T) {
	trigger := func(ranges pulumi.StringArrayInput) any {
		c := fanOut(t, func(a *components.FanOutArgs) { a.Api.AllowedCidrs = ranges })
		return c.inputs(t, "aws:apigateway/deployment:Deployment", "fanout-api")["triggers"].(map[string]any)["policy"]
	}
	one := trigger(pulumi.StringArray{pulumi.String("192.0.2.0/24")})
	require.Regexp(t, "^[0-9a-f]{64}$", one)
	require.Equal(t, one, trigger(pulumi.StringArray{pulumi.String("192.0.2.0/24")}))
	require.NotEqual(t, one, trigger(pulumi.StringArray{pulumi.String("192.0.2.0/25")}))
	require.Nil(t, trigger(nil))
}

func TestAccessLogsAreOnUnlessTheyAreTurnedOff(t *testing.T) {
	each(t, common{}, func(t *testing.T, pattern string, c *cloud) {
		require.Contains(t, c.inputs(t, stageType, pattern+"-api"), "accessLogSettings")
	})
	each(t, common{api: components.ApiSettings{AccessLogs: pulumi.BoolRef(false)}}, func(t *testing.T, pattern string, c *cloud) {
		require.NotContains(t, c.inputs(t, stageType, pattern+"-api"), "accessLogSettings")
		require.NotContains(t, c.registered, logGroupType+" "+pattern+"-api-access-logs")
	})
}

func TestInvalidDomainsWebACLsAndAddressesAreRefused(t *testing.T) {
	text := func(s string) pulumi.StringPtrInput { return pulumi.String(s) }
	const domain = "Api.DomainName: must be like orders.example.com, got "
	const address = "Api.AllowedCidrs: must be ranges such as 192.0.2.0/24 or 2001:db8::/32, got "
	for name, c := range map[string]struct {
		api  components.ApiSettings
		want []string
	}{
		"a domain without a certificate": {components.ApiSettings{DomainName: text("orders.example.com")}, []string{"Api.CertificateArn: is required with DomainName"}},
		"what is of a domain": {components.ApiSettings{CertificateArn: text(certificate), HostedZoneId: text("Z1"), DisableExecuteApiEndpoint: true}, []string{
			"Api.CertificateArn: is accepted only with DomainName", "Api.HostedZoneId: is accepted only with DomainName",
			"Api.DisableExecuteApiEndpoint: requires DomainName: the API would have no address",
		}},
		"a URL":           {components.ApiSettings{DomainName: text("https://orders.example.com"), CertificateArn: text(certificate)}, []string{domain}},
		"capitals":        {components.ApiSettings{DomainName: text("Orders.example.com"), CertificateArn: text(certificate)}, []string{domain}},
		"a host":          {components.ApiSettings{DomainName: text("orders"), CertificateArn: text(certificate)}, []string{domain}},
		"an empty domain": {components.ApiSettings{DomainName: text(""), CertificateArn: text(certificate)}, []string{domain + `""`}},
		"a certificate of IAM": {components.ApiSettings{DomainName: text("orders.example.com"), CertificateArn: text("arn:aws:iam::123456789012:server-certificate/x")},
			[]string{"Api.CertificateArn: must be like arn:aws:acm:eu-west-1:123456789012:certificate/ID, got "}},
		"a zone's ARN":    {components.ApiSettings{DomainName: text("orders.example.com"), CertificateArn: text(certificate), HostedZoneId: text("/hostedzone/Z1")}, []string{"Api.HostedZoneId: must be like "}},
		"an ACL of a CDN": {components.ApiSettings{WebAclArn: text("arn:aws:wafv2:us-east-1:123456789012:global/webacl/a/b")}, []string{"Api.WebAclArn: must be like "}},
		"an address":      {components.ApiSettings{AllowedCidrs: pulumi.StringArray{pulumi.String("192.0.2.1")}}, []string{address + `"192.0.2.1"`}},
		"host bits":       {components.ApiSettings{AllowedCidrs: pulumi.StringArray{pulumi.String("192.0.2.0/24"), pulumi.String("192.0.2.1/24")}}, []string{address + `"192.0.2.1/24"`}},
		"no range":        {components.ApiSettings{AllowedCidrs: pulumi.StringArray{}}, []string{"Api.AllowedCidrs: must have at least one range"}},
	} {
		t.Run(name, func(t *testing.T) {
			refuses(t, components.NewFanOut, "FanOut", "fanout", &components.FanOutArgs{Orders: &components.FanOutOrders{}, Authorizer: open, Common: inFolder(t), Api: c.api}, c.want)
		})
	}
	fn := &components.FunctionTarget{Name: pulumi.String("fn"), InvokeArn: pulumi.String("arn:fn")}
	refuses(t, components.NewOrderApi, "OrderApi", "api", &components.OrderApiArgs{Authorizer: open, Routes: []components.Route{{
		Method: "GET", Path: "/a", Function: fn, Responses: []components.Response{{Status: 200}}, RateLimit: pulumi.Int(0), BurstLimit: pulumi.Int(5001),
	}}}, []string{"Routes[0].RateLimit: must be from 1 to 10000, got 0", "Routes[0].BurstLimit: must be from 1 to 5000, got 5001"})
}

func TestDomainWebACLAndAddressesMayComeFromAnotherResource(t *testing.T) {
	deployed := func(text string) (*cloud, error) {
		c := &cloud{}
		return c, c.run(fromOtherResource(5, text, func(ctx *pulumi.Context, _ pulumi.IntOutput, text pulumi.StringOutput) error {
			_, err := components.NewFanOut(ctx, "fanout", &components.FanOutArgs{
				Orders: &components.FanOutOrders{}, Authorizer: open, Common: inFolder(t), Api: components.ApiSettings{AllowedCidrs: pulumi.StringArray{pulumi.String("10.0.0.0/8"), text}},
			})
			return err
		}))
	}
	c, err := deployed("192.0.2.0/24")
	require.NoError(t, err)
	statements := c.document(t, restAPIType, "fanout-api", "policy")["Statement"].([]any)
	require.True(t, slices.ContainsFunc(statements, func(s any) bool {
		return cmp.Equal(s.(map[string]any)["Condition"], map[string]any{"NotIpAddress": map[string]any{"aws:SourceIp": []any{"10.0.0.0/8", "192.0.2.0/24"}}})
	}))
	_, err = deployed("everywhere")
	require.ErrorContains(t, err, `order-patterns:components:FanOut "fanout": Api.AllowedCidrs: must be ranges such as`)
}
