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

// AuthorizerKind is how an API, or one of its routes, authorizes callers.
type AuthorizerKind string

const (
	// AuthNone allows every caller.
	AuthNone AuthorizerKind = "none"
	// AuthIam requires requests that are signed with AWS credentials. The caller's IAM policies must allow execute-api:Invoke on the route:
	// https://docs.aws.amazon.com/apigateway/latest/developerguide/permissions.html
	AuthIam AuthorizerKind = "iam"
	// AuthJwt requires a token of an OpenID Connect issuer in the header Authorization: Bearer TOKEN. The Lambda authorizer
	// authorize-caller verifies the token:
	// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html
	AuthJwt AuthorizerKind = "jwt"
)

// authorizerKinds is the end of the error for an authorizer that is missing.
const authorizerKinds = "choose none, to let everybody call; iam, for requests that are signed with AWS credentials; " +
	"or jwt, for requests with a token of an OpenID Connect issuer, which requires Issuer and Audience"

// Authorizer says who may call an API. It has no default: a component with an API must set it.
type Authorizer struct {
	// Kind is [AuthNone], [AuthIam] or [AuthJwt]. Required.
	Kind AuthorizerKind `pulumi:"kind"`
	// Issuer is the URL of the token issuer: https://..., or http:// for a loopback address. Its discovery document is at
	// Issuer/.well-known/openid-configuration. Required with AuthJwt, and not accepted with other kinds.
	Issuer pulumi.StringPtrInput `pulumi:"issuer,optional"`
	// Audience is the audience of accepted tokens: their claim aud, or client_id if they have no aud. Required with AuthJwt, and not
	// accepted with other kinds.
	Audience pulumi.StringPtrInput `pulumi:"audience,optional"`
	// AccountClaim is the claim that names the caller's account. Only with AuthJwt. Default [DefaultAccountClaim].
	AccountClaim pulumi.StringPtrInput `pulumi:"accountClaim,optional"`
	// CacheSeconds is how long API Gateway caches the authorizer's answer about a token, in seconds: [CacheRange]. A token is accepted for
	// at most that long after it expires. Only with AuthJwt. Default [DefaultCacheSeconds].
	CacheSeconds pulumi.IntPtrInput `pulumi:"cacheSeconds,optional"`
}

// NoAuthorizer returns an authorizer that allows every caller.
func NoAuthorizer() Authorizer { return Authorizer{Kind: AuthNone} }

// IamAuthorizer returns an authorizer that requires signed requests. The output RouteArns lists the ARNs for the callers' IAM policies.
func IamAuthorizer() Authorizer { return Authorizer{Kind: AuthIam} }

// JwtAuthorizer returns an authorizer that requires a token of this issuer for this audience.
func JwtAuthorizer(issuer, audience pulumi.StringPtrInput) Authorizer {
	return Authorizer{Kind: AuthJwt, Issuer: issuer, Audience: audience}
}

// authorizeCaller is the package of the function that verifies tokens.
const authorizeCaller = "authorize-caller"

// environment adds the variable AUTH for a function behind the API. With AuthJwt, that function checks that an order belongs to the caller.
func (a Authorizer) environment(variables pulumi.StringMap) pulumi.StringMap {
	if a.Kind == AuthJwt {
		variables["AUTH"] = pulumi.String(AuthJwt)
	}
	return variables
}

var checkKind = oneOf(string(AuthNone), string(AuthIam), string(AuthJwt))

// resolve validates the authorizer of an API. api is the name of the API without the component's. tokens says whether a route verifies
// tokens.
func (a Authorizer) resolve(v *validator, api string, tokens bool) Authorizer {
	const path = "Authorizer"
	if a.Kind == "" {
		v.addf(path+".Kind", "is required: %s", authorizerKinds)
	} else if checkKind(string(a.Kind)) != nil {
		v.addf(path+".Kind", "unknown kind %q: %s", a.Kind, authorizerKinds)
	}
	if !tokens {
		for _, field := range []struct {
			name string
			in   pulumi.Input
		}{{"Issuer", a.Issuer}, {"Audience", a.Audience}, {"AccountClaim", a.AccountClaim}, {"CacheSeconds", a.CacheSeconds}} {
			if !unset(field.in) {
				v.addf(path+"."+field.name, "is accepted only with jwt")
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

// checkIssuer accepts the URLs that an issuer may have: https://openid.net/specs/openid-connect-discovery-1_0.html#IssuerDiscovery http is
// accepted only for this machine, which nobody else can impersonate. It is for tests and for the embedded cloud.
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

// wordPattern also matches claims and audiences that are URLs.
var wordPattern = regexp.MustCompile(`^[!-~]{1,256}$`)

func checkWord(s string) error {
	if !wordPattern.MatchString(s) {
		return fmt.Errorf("must be 1 to 256 printable ASCII characters without spaces, got %q", s)
	}
	return nil
}

// kind returns the authorizer of a route.
func (args *OrderApiArgs) kind(r Route) AuthorizerKind {
	if r.Authorizer != "" {
		return r.Authorizer
	}
	return args.Authorizer.Kind
}

// has reports whether a route of the API has this kind of authorizer.
func (args *OrderApiArgs) has(kind AuthorizerKind) bool {
	return slices.ContainsFunc(args.Routes, func(r Route) bool { return args.kind(r) == kind })
}

// scopePattern matches a scope-token: https://www.rfc-editor.org/rfc/rfc6749#section-3.3
var scopePattern = regexp.MustCompile(`^[!#-\[\]-~]+$`)

// maxRoutes is the largest size of the routes in the authorizer's environment, in bytes. An environment has at most 4 KB:
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const maxRoutes = 3 << 10

// resolveAuthorizers validates the authorizers of the API and of its routes. api is the name of the API without the component's. start is
// one more route, which was validated before; it may be nil.
func (args *OrderApiArgs) resolveAuthorizers(v *validator, api string, start *Route) {
	// The policy for a token lists the ARNs of the routes that it may call. In an ARN, * matches any characters, also slashes. So the ARN
	// of one route may match a request to another route.
	distinct := func(at string, r, other Route, name string) {
		if args.kind(r) == AuthJwt && args.kind(other) == AuthJwt && r.Method == other.Method &&
			!sameScopes(r.Scopes, other.Scopes) && overlap(pathARN(r.Path), pathARN(other.Path)) {
			v.addf(at+".Scopes", "must be the same as those of %s: a request may match both paths, and a policy cannot distinguish them", name)
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

// validateAuthorizer validates the authorizer of one route.
func (r Route) validateAuthorizer(v *validator, at string) {
	if r.Authorizer != "" {
		if err := checkKind(string(r.Authorizer)); err != nil {
			v.addf(at+".Authorizer", "%v", err)
		}
		if r.Authorizer != AuthJwt && len(r.Scopes) > 0 {
			v.addf(at+".Scopes", "are accepted only with jwt")
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

// overlap reports whether some text matches both patterns, in which * matches any characters.
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

// tokenRoute is a route that requires a token, in the form that authorize-caller reads.
type tokenRoute struct {
	Method string   `json:"method"`
	Path   string   `json:"path"` // with * for parameters, as in an ARN
	Scopes []string `json:"scopes"`
}

// tokenRoutes returns the routes that require a token, as JSON.
func (args *OrderApiArgs) tokenRoutes() (string, error) {
	routes := []tokenRoute{}
	for _, r := range args.Routes {
		if args.kind(r) == AuthJwt {
			routes = append(routes, tokenRoute{r.Method, pathARN(r.Path), append([]string{}, r.Scopes...)})
		}
	}
	return marshal(routes)
}

// authorizer creates the function that verifies tokens. It returns nil if no route requires one. The function may only write its logs and
// traces.
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

// mayAuthorize allows the API to invoke the function that verifies tokens:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/configure-api-gateway-lambda-authorization.html
func (b *builder) mayAuthorize(rest *apigateway.RestApi, fn *function) (*lambda.Permission, error) {
	return lambda.NewPermission(b.ctx, b.child("invoke-"+authorizeCaller), &lambda.PermissionArgs{
		Action:    pulumi.String("lambda:InvokeFunction"),
		Function:  fn.Name,
		Principal: pulumi.String(apiGatewayService),
		SourceArn: pulumi.Sprintf("%s/authorizers/*", rest.ExecutionArn),
	}, b.opts()...)
}
