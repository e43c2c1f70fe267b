package components

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// OrderApiArgs describe a REST API whose routes lead to Lambda functions and state machines.
type OrderApiArgs struct {
	Common Common `pulumi:"common,optional"`

	// Routes are what the API serves. Required.
	Routes []Route `pulumi:"routes"`
	// Authorizer says who may call the routes that have none of their own. Required.
	Authorizer Authorizer `pulumi:"authorizer"`
	// Settings are how it is operated.
	Settings ApiSettings `pulumi:"settings,optional"`
	// UsagePlan limits each client. Default: none.
	UsagePlan *UsagePlan `pulumi:"usagePlan,optional"`
	// ErrorBody is the layout of the errors that API Gateway itself answers: [MessageBody], the default, or
	// [DescriptionBody].
	ErrorBody ErrorBody `pulumi:"errorBody,optional"`

	// DependsOn is what must be in place before the API takes its first request: a topic without its subscriptions
	// would lose what is published to it. It can be set from Go only.
	DependsOn []pulumi.Resource
}

// ErrorBody is the layout of an error.
type ErrorBody string

const (
	// MessageBody is {"message": "..."}.
	MessageBody ErrorBody = "message"
	// DescriptionBody is {"status": 400, "description": "..."}.
	DescriptionBody ErrorBody = "description"
)

// ApiSettings are the operational settings of an API.
type ApiSettings struct {
	// RateLimit is the steady number of requests per second that the stage lets through: [RateRange], of which the upper
	// end is the account's limit. Above it, callers get 429. Default [DefaultRateLimit].
	RateLimit pulumi.IntPtrInput `pulumi:"rateLimit,optional"`
	// BurstLimit is how many requests may come at the same time: [BurstRange], of which the upper end is the account's
	// limit. Default [DefaultBurstLimit].
	BurstLimit pulumi.IntPtrInput `pulumi:"burstLimit,optional"`
	// AllowOrigin is the CORS origin: "*" for any, or one such as https://shop.example.com. The API sends it in
	// preflights, in its own errors and for state machines; in other answers the functions do. Default
	// [DefaultAllowOrigin].
	AllowOrigin pulumi.StringPtrInput `pulumi:"allowOrigin,optional"`
	// AccessLogs writes a line of JSON for each request to a log group of the API. It needs the Region's API Gateway
	// account setting to name a role: see [ApiAccount]. Where the setting is missing, AWS refuses to create the stage. Default
	// true.
	AccessLogs *bool `pulumi:"accessLogs,optional"`
	// DetailedMetrics adds CloudWatch metrics of each method to those of the stage. Each is billed as a custom metric. Default
	// false.
	// https://docs.aws.amazon.com/apigateway/latest/developerguide/metrics_dimensions_view_in_console.html
	DetailedMetrics pulumi.BoolPtrInput `pulumi:"detailedMetrics,optional"`
	// AccountRoleArn is ApiAccount.RoleArn, if this program owns the Region's setting: access logs then begin once it is
	// in place.
	AccountRoleArn pulumi.StringPtrInput `pulumi:"accountRoleArn,optional"`

	// DomainName is a name of the API's own, such as orders.example.com, with TLS 1.2 or later. Default: the one that API
	// Gateway gives it.
	DomainName pulumi.StringPtrInput `pulumi:"domainName,optional"`
	// CertificateArn is the certificate for DomainName, of AWS Certificate Manager in the API's Region. Required with it.
	CertificateArn pulumi.StringPtrInput `pulumi:"certificateArn,optional"`
	// HostedZoneId is the hosted zone of Route 53 that gets a record of DomainName. Default: somebody else makes the record.
	HostedZoneId pulumi.StringPtrInput `pulumi:"hostedZoneId,optional"`
	// DisableExecuteApiEndpoint turns off the name that API Gateway gives the API. It needs DomainName. Default false.
	DisableExecuteApiEndpoint bool `pulumi:"disableExecuteApiEndpoint,optional"`
	// WebAclArn is a web ACL of AWS WAF, of the API's Region, that filters requests. Default: none.
	WebAclArn pulumi.StringPtrInput `pulumi:"webAclArn,optional"`
	// AllowedCidrs are the ranges of addresses that requests may come from; others get 403. It does not let in anybody whom
	// the authorizer does not. Default: any address. To lift it later, allow 0.0.0.0/0 and ::/0: the AWS provider leaves a policy
	// in place that is no longer asked for.
	AllowedCidrs pulumi.StringArrayInput `pulumi:"allowedCidrs,optional"`
}

// accessLogs is AccessLogs, or its default.
func (s ApiSettings) accessLogs() bool { return s.AccessLogs == nil || *s.AccessLogs }

var originPattern = regexp.MustCompile(`^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?$`)

func checkOrigin(origin string) error {
	if origin != "*" && !originPattern.MatchString(origin) {
		return fmt.Errorf("must be * or an origin such as https://shop.example.com, with nothing behind it, got %q", origin)
	}
	return nil
}

// resolve also serves the patterns, whose settings are those of their API.
func (s ApiSettings) resolve(v *validator, path string) ApiSettings {
	s.RateLimit = v.number(path+".RateLimit", s.RateLimit, RateRange.Check, DefaultRateLimit)
	s.BurstLimit = v.number(path+".BurstLimit", s.BurstLimit, BurstRange.Check, DefaultBurstLimit)
	s.AllowOrigin = v.text(path+".AllowOrigin", s.AllowOrigin, checkOrigin, DefaultAllowOrigin)
	if unset(s.DetailedMetrics) {
		s.DetailedMetrics = pulumi.Bool(false)
	}
	if !s.accessLogs() && !unset(s.AccountRoleArn) {
		v.addf(path+".AccountRoleArn", "is of use only with AccessLogs")
	}
	return s.resolveEdge(v, path)
}

// front is what the APIs of patterns have in common.
type front struct {
	routes *[]Route
	ours   []string // the routes of Orders, such as "POST /order"; none without it
	auth   *Authorizer
	api    *ApiSettings
}

// resolve validates the API of a pattern, if it has one, and returns the packages that it needs.
func (f front) resolve(v *validator) []string { return f.resolveWith(v, nil) }

// resolveWith is resolve for a pattern that has one more route, which is validated; nil for none.
func (f front) resolveWith(v *validator, start *Route) []string {
	routes := resolveRoutes(v, *f.routes)
	if len(routes) == 0 && len(f.ours) == 0 && start == nil {
		for _, unused := range []struct {
			path string
			args any
		}{{"Authorizer", *f.auth}, {"Api", *f.api}} {
			if !reflect.ValueOf(unused.args).IsZero() {
				v.addf(unused.path, "is of use only with Routes or Orders")
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
				v.addf(at+".Scopes", "must be empty: a path may match both, and a policy could not tell it from %s of Orders", ours)
			}
		}
		if start != nil && routeSuffix(r) == routeSuffix(*start) {
			v.addf(at, "%s %s cannot be told from Start", r.Method, r.Path)
		}
	}
	api.checkNames(v, "api-")
	*f.routes, *f.auth, *f.api = resolveThrottles(v, routes), api.Authorizer, f.api.resolve(v, "Api")
	if f.auth.Kind == AuthJwt || api.has(AuthJwt) || start != nil && api.kind(*start) == AuthJwt {
		return []string{authorizeCaller}
	}
	return nil
}

// checkNames checks the names of what belongs to routes. The API's name begins with that of the component and then api.
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
			v.addf(fmt.Sprintf("Routes[%d].Publishes", i), "an OrderApi has nothing to publish to")
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

// requireAPIKey reports whether clients have to send an API key.
func (args *OrderApiArgs) requireAPIKey() bool {
	return args.UsagePlan != nil && args.UsagePlan.RequireApiKey
}
