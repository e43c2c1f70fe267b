package components

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// OrderApiArgs are the arguments of an OrderApi.
type OrderApiArgs struct {
	Common Common `pulumi:"common,optional"`

	// Routes are the routes of the API: to Lambda functions or state machines. Required.
	Routes []Route `pulumi:"routes"`
	// Authorizer is the authorizer of all routes that do not set their own. Required.
	Authorizer Authorizer `pulumi:"authorizer"`
	// Settings are the operational settings of the API.
	Settings ApiSettings `pulumi:"settings,optional"`
	// UsagePlan limits each client. Default: none.
	UsagePlan *UsagePlan `pulumi:"usagePlan,optional"`
	// ErrorBody is the format of API Gateway's own errors: [MessageBody] or [DescriptionBody]. Default [MessageBody].
	ErrorBody ErrorBody `pulumi:"errorBody,optional"`

	// DependsOn are resources that must exist before the API takes its first request. For example, a topic loses messages that are
	// published before its subscriptions exist. It can only be set from Go.
	DependsOn []pulumi.Resource
}

// ErrorBody is the format of an error.
type ErrorBody string

const (
	// MessageBody is {"message": "..."}.
	MessageBody ErrorBody = "message"
	// DescriptionBody is {"status": 400, "description": "..."}.
	DescriptionBody ErrorBody = "description"
)

// ApiSettings are the operational settings of an API.
type ApiSettings struct {
	// RateLimit is the steady number of requests per second that the stage accepts: [RateRange]. The maximum is the account's quota. Above
	// the limit, callers get 429. Default [DefaultRateLimit].
	RateLimit pulumi.IntPtrInput `pulumi:"rateLimit,optional"`
	// BurstLimit is the number of concurrent requests that the stage accepts: [BurstRange]. The maximum is the account's quota. Default
	// [DefaultBurstLimit].
	BurstLimit pulumi.IntPtrInput `pulumi:"burstLimit,optional"`
	// AllowOrigin is the CORS origin: "*" for any, or one such as https://shop.example.com. The API sends it in preflights, in its own
	// errors and in the answers of routes that start executions. Functions send it in their answers. Default [DefaultAllowOrigin].
	AllowOrigin pulumi.StringPtrInput `pulumi:"allowOrigin,optional"`
	// AccessLogs writes a line of JSON for each request to a log group. The Region's API Gateway account setting must name a role: see
	// [ApiAccount]. Otherwise AWS refuses to create the stage. Default true.
	AccessLogs *bool `pulumi:"accessLogs,optional"`
	// DetailedMetrics adds CloudWatch metrics for each method. Each is billed as a custom metric. Default false.
	// https://docs.aws.amazon.com/apigateway/latest/developerguide/metrics_dimensions_view_in_console.html
	DetailedMetrics pulumi.BoolPtrInput `pulumi:"detailedMetrics,optional"`
	// AccountRoleArn is ApiAccount.RoleArn, if this program owns the Region's account setting. The stage is then created after the setting.
	AccountRoleArn pulumi.StringPtrInput `pulumi:"accountRoleArn,optional"`

	// DomainName is a custom domain name of the API, such as orders.example.com, with TLS 1.2 or later. Default: only the name that API
	// Gateway gives the API.
	DomainName pulumi.StringPtrInput `pulumi:"domainName,optional"`
	// CertificateArn is the ARN of the certificate for DomainName, in AWS Certificate Manager in the API's Region. Required with
	// DomainName.
	CertificateArn pulumi.StringPtrInput `pulumi:"certificateArn,optional"`
	// HostedZoneId is the id of a Route 53 hosted zone, in which a record for DomainName is created. Default: no record is created.
	HostedZoneId pulumi.StringPtrInput `pulumi:"hostedZoneId,optional"`
	// DisableExecuteApiEndpoint turns off the name that API Gateway gives the API. It requires DomainName. Default false.
	DisableExecuteApiEndpoint bool `pulumi:"disableExecuteApiEndpoint,optional"`
	// WebAclArn is the ARN of an AWS WAF web ACL in the API's Region, which filters requests. Default: none.
	WebAclArn pulumi.StringPtrInput `pulumi:"webAclArn,optional"`
	// AllowedCidrs are the CIDR blocks from which requests are accepted; others get 403. An allowed address must still pass the authorizer.
	// Default: any address. To allow any address again later, set 0.0.0.0/0 and ::/0: the AWS provider does not remove a policy that is no
	// longer set.
	AllowedCidrs pulumi.StringArrayInput `pulumi:"allowedCidrs,optional"`
}

// accessLogs returns AccessLogs or its default.
func (s ApiSettings) accessLogs() bool { return s.AccessLogs == nil || *s.AccessLogs }

var originPattern = regexp.MustCompile(`^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?$`)

func checkOrigin(origin string) error {
	if origin != "*" && !originPattern.MatchString(origin) {
		return fmt.Errorf("must be * or an origin such as https://shop.example.com, without a path, got %q", origin)
	}
	return nil
}

// resolve validates the settings. It is also used for the API of a pattern.
func (s ApiSettings) resolve(v *validator, path string) ApiSettings {
	s.RateLimit = v.number(path+".RateLimit", s.RateLimit, RateRange.Check, DefaultRateLimit)
	s.BurstLimit = v.number(path+".BurstLimit", s.BurstLimit, BurstRange.Check, DefaultBurstLimit)
	s.AllowOrigin = v.text(path+".AllowOrigin", s.AllowOrigin, checkOrigin, DefaultAllowOrigin)
	if unset(s.DetailedMetrics) {
		s.DetailedMetrics = pulumi.Bool(false)
	}
	if !s.accessLogs() && !unset(s.AccountRoleArn) {
		v.addf(path+".AccountRoleArn", "is accepted only with AccessLogs")
	}
	return s.resolveEdge(v, path)
}

// front is what the APIs of patterns have in common.
type front struct {
	routes *[]Route
	ours   []string // the routes of Orders, such as "POST /order"; none without Orders
	auth   *Authorizer
	api    *ApiSettings
}

// resolve validates the API of a pattern, if it has one. It returns the packages that the API needs.
func (f front) resolve(v *validator) []string { return f.resolveWith(v, nil) }

// resolveWith is resolve for a pattern with one more route, which was validated before; nil for none.
func (f front) resolveWith(v *validator, start *Route) []string {
	routes := resolveRoutes(v, *f.routes)
	if len(routes) == 0 && len(f.ours) == 0 && start == nil {
		for _, unused := range []struct {
			path string
			args any
		}{{"Authorizer", *f.auth}, {"Api", *f.api}} {
			if !reflect.ValueOf(unused.args).IsZero() {
				v.addf(unused.path, "is accepted only with Routes or Orders")
			}
		}
		return nil
	}
	api := OrderApiArgs{Routes: routes, Authorizer: *f.auth}
	api.resolveAuthorizers(v, "api-", start)
	for i, r := range routes {
		at := fmt.Sprintf("Routes[%d]", i)
		for _, ours := range f.ours {
			method, path, _ := strings.Cut(ours, " ")
			if routeSuffix(r) == routeSuffix(Route{Method: method, Path: path}) {
				v.addf(at, "%s %s is a route of Orders", r.Method, r.Path)
			} else if api.kind(r) == AuthJwt && len(r.Scopes) > 0 && r.Method == method && overlap(pathARN(r.Path), pathARN(path)) {
				v.addf(at+".Scopes", "must be empty: a request may also match %s of Orders, and a policy cannot distinguish them", ours)
			}
		}
		if start != nil && routeSuffix(r) == routeSuffix(*start) {
			v.addf(at, "%s %s matches the same requests as Start", r.Method, r.Path)
		}
	}
	api.checkNames(v, "api-")
	*f.routes, *f.auth, *f.api = resolveThrottles(v, routes), api.Authorizer, f.api.resolve(v, "Api")
	if f.auth.Kind == AuthJwt || api.has(AuthJwt) || start != nil && api.kind(*start) == AuthJwt {
		return []string{authorizeCaller}
	}
	return nil
}

// checkNames checks the names of the routes' resources. api is the name of the API without the component's.
func (args *OrderApiArgs) checkNames(v *validator, api string) {
	for _, r := range args.Routes {
		if r.Execution != nil {
			v.child(roleName, api+"start"+routeSuffix(r)+"-role")
		} else {
			v.child(statementID, api+"invoke"+routeSuffix(r))
		}
	}
}

func (args *OrderApiArgs) resolve(v *validator) shared {
	if len(args.Routes) == 0 {
		v.addf("Routes", "at least one is required")
	}
	for i, r := range args.Routes {
		if r.Publishes {
			v.addf(fmt.Sprintf("Routes[%d].Publishes", i), "is not accepted: an OrderApi has nothing to publish to")
		}
	}
	args.Routes = resolveRoutes(v, args.Routes)
	args.checkNames(v, "")
	args.resolveAuthorizers(v, "", nil)
	args.Routes = resolveThrottles(v, args.Routes)
	args.Settings = args.Settings.resolve(v, "Settings")
	if args.ErrorBody == "" {
		args.ErrorBody = MessageBody
	}
	if err := oneOf(string(MessageBody), string(DescriptionBody))(string(args.ErrorBody)); err != nil {
		v.addf("ErrorBody", "%v", err)
	}
	if args.UsagePlan != nil {
		plan := args.UsagePlan.resolve(v, "UsagePlan")
		args.UsagePlan = &plan
	}
	var functions []string
	if args.has(AuthJwt) {
		functions = append(functions, authorizeCaller)
	}
	return args.Common.resolve(v, functions...)
}

// requireAPIKey reports whether clients must send an API key.
func (args *OrderApiArgs) requireAPIKey() bool {
	return args.UsagePlan != nil && args.UsagePlan.RequireApiKey
}
