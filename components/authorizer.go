package components

import (
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/apigateway"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// AuthorizerKind says who may call an API, or one of its routes.
type AuthorizerKind string

const (
	// AuthNone lets everybody call.
	AuthNone AuthorizerKind = "none"
	// AuthIam needs requests that are signed with AWS credentials, whose IAM policies allow execute-api:Invoke on the route:
	// https://docs.aws.amazon.com/apigateway/latest/developerguide/permissions.html
	AuthIam AuthorizerKind = "iam"
	// AuthJwt needs a token of an OpenID Connect issuer in the header Authorization: "Bearer ", and the token. A Lambda
	// authorizer verifies it, authorize-caller:
	// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html
	AuthJwt AuthorizerKind = "jwt"
)

// authorizerKinds is what a component says that was given none.
const authorizerKinds = "choose none, with which everybody may call; iam, with which requests are signed with AWS credentials; " +
	"or jwt, with which they have a token of an OpenID Connect issuer, and which needs Issuer and Audience"

// Authorizer says who may call an API. There is no default: a component without one is refused.
type Authorizer struct {
	// Kind is [AuthNone], [AuthIam] or [AuthJwt]. Required.
	Kind AuthorizerKind `pulumi:"kind"`
	// Issuer issues the tokens: https://..., or http:// at a loopback address. Its discovery document is at
	// Issuer/.well-known/openid-configuration. Required with AuthJwt, and of use only with it, as the others.
	Issuer pulumi.StringPtrInput `pulumi:"issuer,optional"`
	// Audience is what tokens must be for: their claim aud, or client_id if they have no aud. Required with AuthJwt.
	Audience pulumi.StringPtrInput `pulumi:"audience,optional"`
	// AccountClaim is the claim that names the account of the caller. Default [DefaultAccountClaim].
	AccountClaim pulumi.StringPtrInput `pulumi:"accountClaim,optional"`
	// CacheSeconds is for how long API Gateway reuses the answer about a token: [CacheRange]. A token works for at most
	// that much longer than it is valid. Default [DefaultCacheSeconds].
	CacheSeconds pulumi.IntPtrInput `pulumi:"cacheSeconds,optional"`
}

// NoAuthorizer lets everybody call.
func NoAuthorizer() Authorizer { return Authorizer{Kind: AuthNone} }

// IamAuthorizer needs signed requests. The output RouteArns of a component is what IAM policies allow them on.
func IamAuthorizer() Authorizer { return Authorizer{Kind: AuthIam} }

// JwtAuthorizer needs tokens of an issuer for an audience.
func JwtAuthorizer(issuer, audience pulumi.StringPtrInput) Authorizer {
	return Authorizer{Kind: AuthJwt, Issuer: issuer, Audience: audience}
}

// authorizeCaller is the package of the function that verifies tokens.
const authorizeCaller = "authorize-caller"

// environment is that of a function behind the API, which with AuthJwt checks whose order it is asked for.
func (a Authorizer) environment(variables pulumi.StringMap) pulumi.StringMap {
	if a.Kind == AuthJwt {
		variables["AUTH"] = pulumi.String(AuthJwt)
	}
	return variables
}

var checkKind = oneOf(string(AuthNone), string(AuthIam), string(AuthJwt))

// resolve validates the authorizer of an API, whose name begins with that of the component and then api. tokens says
// whether it verifies tokens.
func (a Authorizer) resolve(v *validator, api string, tokens bool) Authorizer {
	const path = "Authorizer"
	if a.Kind == "" {
		v.addf(path+".Kind", "is required: %s", authorizerKinds)
	} else if checkKind(string(a.Kind)) != nil {
		v.addf(path+".Kind", "there is no %q: %s", a.Kind, authorizerKinds)
	}
	if !tokens {
		for _, field := range []struct {
			name string
			in   pulumi.Input
		}{{"Issuer", a.Issuer}, {"Audience", a.Audience}, {"AccountClaim", a.AccountClaim}, {"CacheSeconds", a.CacheSeconds}} {
			if !unset(field.in) {
				v.addf(path+"."+field.name, "is of use only with jwt")
			}
		}
		return a
	}
	v.child(roleName, api+authorizeCaller+"-role")
	if unset(a.Issuer) {
		v.addf(path+".Issuer", "is required with jwt")
	}
	if unset(a.Audience) {
		v.addf(path+".Audience", "is required with jwt")
	}
	if !unset(a.Issuer) {
		a.Issuer = v.text(path+".Issuer", a.Issuer, checkIssuer, "")
	}
	if !unset(a.Audience) {
		a.Audience = v.text(path+".Audience", a.Audience, checkWord, "")
	}
	a.AccountClaim = v.text(path+".AccountClaim", a.AccountClaim, checkWord, DefaultAccountClaim)
	a.CacheSeconds = v.number(path+".CacheSeconds", a.CacheSeconds, CacheRange.Check, DefaultCacheSeconds)
	return a
}

// checkIssuer accepts the URLs that an issuer may have: https://openid.net/specs/openid-connect-discovery-1_0.html#IssuerDiscovery
// Over http, only this machine could not be impersonated: that is for tests, and for the embedded cloud.
func checkIssuer(issuer string) error {
	u, err := url.Parse(issuer)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" ||
		u.Scheme != "https" && !(u.Scheme == "http" && loopback(u.Hostname())) {
		return fmt.Errorf("must be a URL such as https://login.example.com, or http:// at a loopback address, without a query, got %q", issuer)
	}
	return nil
}

func loopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}

// wordPattern also fits claims and audiences that are URLs.
var wordPattern = regexp.MustCompile(`^[!-~]{1,256}$`)

func checkWord(s string) error {
	if !wordPattern.MatchString(s) {
		return fmt.Errorf("must be 1 to 256 printable ASCII characters without spaces, got %q", s)
	}
	return nil
}

// kind is the authorizer of a route.
func (args *OrderApiArgs) kind(r Route) AuthorizerKind {
	if r.Authorizer != "" {
		return r.Authorizer
	}
	return args.Authorizer.Kind
}

// has reports whether the API has a route with this kind of authorizer.
func (args *OrderApiArgs) has(kind AuthorizerKind) bool {
	return slices.ContainsFunc(args.Routes, func(r Route) bool { return args.kind(r) == kind })
}

// scopePattern is a scope-token: https://www.rfc-editor.org/rfc/rfc6749#section-3.3
var scopePattern = regexp.MustCompile(`^[!#-\[\]-~]+$`)

// maxRoutes is how many bytes of a function's environment, which has 4 KB, the routes may take:
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const maxRoutes = 3 << 10

// resolveAuthorizers validates the authorizer of the API, and those of its routes. The API's name begins with that of the component
// and then api. start is one more route, which was validated alone; nil for none.
func (args *OrderApiArgs) resolveAuthorizers(v *validator, api string, start *Route) {
	// The policy of a token lists the ARNs of the routes that it may call. In an ARN, * stands for any characters, slashes
	// too. So the ARN of one route may also be that of a request to another.
	distinct := func(at string, r, other Route, name string) {
		if args.kind(r) == AuthJwt && args.kind(other) == AuthJwt && r.Method == other.Method &&
			!sameScopes(r.Scopes, other.Scopes) && overlap(pathARN(r.Path), pathARN(other.Path)) {
			v.addf(at+".Scopes", "must be those of %s: a path may match both, and a policy could not tell them apart", name)
		}
	}
	for i, r := range args.Routes {
		at := fmt.Sprintf("Routes[%d]", i)
		r.validateAuthorizer(v, at)
		for j, other := range args.Routes[:i] {
			distinct(at, r, other, fmt.Sprintf("Routes[%d]", j))
		}
		if start != nil {
			distinct(at, r, *start, "Start")
		}
	}
	all := *args
	if start != nil {
		all.Routes = append(slices.Clone(args.Routes), *start)
	}
	tokens := args.Authorizer.Kind == AuthJwt || all.has(AuthJwt)
	args.Authorizer = args.Authorizer.resolve(v, api, tokens)
	if routes, err := all.tokenRoutes(); err != nil || len(routes) > maxRoutes {
		v.addf("Routes", "must have less than %d bytes as JSON, so that they fit into the environment of %s, got %d", maxRoutes, authorizeCaller, len(routes))
	}
}

// validateAuthorizer checks the authorizer of a route alone.
func (r Route) validateAuthorizer(v *validator, at string) {
	if r.Authorizer != "" {
		if err := checkKind(string(r.Authorizer)); err != nil {
			v.addf(at+".Authorizer", "%v", err)
		}
		if r.Authorizer != AuthJwt && len(r.Scopes) > 0 {
			v.addf(at+".Scopes", "are of use only with jwt")
		}
	}
	for j, scope := range r.Scopes {
		if !scopePattern.MatchString(scope) {
			v.addf(fmt.Sprintf("%s.Scopes[%d]", at, j), "must be printable ASCII characters without spaces, quotes and backslashes, got %q", scope)
		}
	}
}

func sameScopes(a, b []string) bool {
	return slices.Equal(slices.Compact(slices.Sorted(slices.Values(a))), slices.Compact(slices.Sorted(slices.Values(b))))
}

// overlap reports whether a text matches both patterns, in which * stands for any characters.
func overlap(a, b string) bool {
	switch {
	case a == "" && b == "":
		return true
	case a != "" && a[0] == '*':
		return overlap(a[1:], b) || b != "" && overlap(a, b[1:])
	case b != "" && b[0] == '*':
		return overlap(b, a)
	}
	return a != "" && b != "" && a[0] == b[0] && overlap(a[1:], b[1:])
}

// tokenRoute is a route that needs a token, as authorize-caller reads it.
type tokenRoute struct {
	Method string   `json:"method"`
	Path   string   `json:"path"` // as in an ARN
	Scopes []string `json:"scopes"`
}

// tokenRoutes are the routes that need a token, as JSON.
func (args *OrderApiArgs) tokenRoutes() (string, error) {
	routes := []tokenRoute{}
	for _, r := range args.Routes {
		if args.kind(r) == AuthJwt {
			routes = append(routes, tokenRoute{r.Method, pathARN(r.Path), append([]string{}, r.Scopes...)})
		}
	}
	return marshal(routes)
}

// authorizer makes the function that verifies tokens; nil if no route needs one. It has no permission but to write its
// logs and traces.
func (b *builder) authorizer(args *OrderApiArgs) (*function, error) {
	if !args.has(AuthJwt) {
		return nil, nil
	}
	routes, err := args.tokenRoutes()
	if err != nil {
		return nil, err
	}
	return b.function(functionSpec{
		name: authorizeCaller, description: "Verifies the token of a request, and says what its caller may do",
		settings: Function{MemoryMB: pulumi.Int(AuthorizeSize.MemoryMB), TimeoutSeconds: pulumi.Int(AuthorizeSize.TimeoutSeconds)},
		environment: pulumi.StringMap{
			"ISSUER": stringOf(args.Authorizer.Issuer), "AUDIENCE": stringOf(args.Authorizer.Audience),
			"ACCOUNT_CLAIM": stringOf(args.Authorizer.AccountClaim), "ROUTES": pulumi.String(routes),
		},
	})
}

// mayAuthorize lets the API invoke the function that verifies tokens:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/configure-api-gateway-lambda-authorization.html
func (b *builder) mayAuthorize(rest *apigateway.RestApi, fn *function) (*lambda.Permission, error) {
	return lambda.NewPermission(b.ctx, b.child("invoke-"+authorizeCaller), &lambda.PermissionArgs{
		Action:    pulumi.String("lambda:InvokeFunction"),
		Function:  fn.Name,
		Principal: pulumi.String(apiGatewayService),
		SourceArn: pulumi.Sprintf("%s/authorizers/*", rest.ExecutionArn),
	}, b.opts()...)
}
