package apigateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"sync"
	"time"

	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/internal/strictjson"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/wire"
)

// authorizer decides whether a request reaches its method. It records in x what integrations and access logs show of it.
type authorizer interface{ authorize(x *exchange) *failure }

// authorize asks the method's authorizer. Without one, the API's resource policy alone decides.
func (x *exchange) authorize() *failure {
	switch {
	case x.method.authorizer != nil:
		return x.method.authorizer.authorize(x)
	case x.live.policy != nil:
		return x.permit(policy.Principal{})
	}
	// Nobody needs a permission, but somebody may have injected a fault.
	call := fault.Event{Action: "execute-api:Invoke", Resource: executionARN(x.apiID + "/" + x.source()), Principal: policy.Principal{}.String()}
	if x.service.account.Faults.Before(x.request.Context(), call) != nil {
		return failAuthorizer
	}
	return nil
}

// source is the part of the method's ARN after the API. It has the path as the client wrote it.
func (x *exchange) source() string { return x.stageName + "/" + x.request.Method + x.path }

func (x *exchange) permission(p policy.Principal) policy.Request {
	return policy.Request{
		Principal: p, Action: "execute-api:Invoke", Resource: executionARN(x.apiID + "/" + x.source()), ResourcePolicy: x.live.policy,
		Keys: map[string]string{"aws:SourceIp": x.sourceIP()},
	}
}

// permit evaluates the principal's policies together with the API's. Either may allow, and any may deny:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html
func (x *exchange) permit(p policy.Principal) *failure {
	err := x.service.account.Authorize(x.request.Context(), x.permission(p))
	denied, ok := errors.AsType[*policy.DeniedError](err)
	switch {
	case err == nil:
		return nil
	case !ok:
		return failAuthorizer // an injected fault
	case x.authorizer == nil:
		return failDenied(err.Error())
	case denied.Explicit != "":
		return failDenied("User is not authorized to access this resource with an explicit deny")
	}
	return failDenied("User is not authorized to access this resource")
}

// iamAuthorizer accepts requests that are signed for execute-api, and evaluates the policies of who signed:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/permissions.html
type iamAuthorizer struct{}

func (iamAuthorizer) authorize(x *exchange) *failure {
	p, key, err := wire.Authenticate(x.service.Roles, x.request, x.body, "execute-api", x.service.account.Clock.Now())
	if refused, ok := errors.AsType[*wire.Error](err); ok {
		return failSignature(refused)
	}
	switch {
	case err != nil:
		return failAuthorizer
	case key == "":
		return failNoRoute
	}
	x.signer = signer{p, key}
	return x.permit(p)
}

// tokenAuthorizer lets a function judge the token in a header. It is a Lambda authorizer of the type TOKEN:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html
type tokenAuthorizer struct {
	id       string
	function string // ARN
	header   string
	pattern  *regexp.Regexp // of the whole token; nil for any
	ttl      time.Duration  // of an answer; 0 for none
}

func (a *tokenAuthorizer) authorize(x *exchange) *failure {
	if x.live.policy != nil {
		denied, ok := errors.AsType[*policy.DeniedError](policy.Authorize(x.permission(policy.Principal{})))
		if ok && denied.Explicit != "" {
			return failDenied(denied.Error())
		}
	}
	token := x.request.Header.Get(a.header)
	if token == "" || a.pattern != nil && !a.pattern.MatchString(token) {
		return failUnauthorized
	}
	answer, latency := x.live.answers.get(a.id, token, x.start), time.Duration(0)
	if answer == nil {
		var failed *failure
		var err error
		if answer, failed, err = a.ask(x, token); failed != nil {
			x.authorizer = map[string]any{"error": fmt.Sprint(err)}
			return failed
		}
		latency, x.integration = x.integration.latency, integrationOutcome{}
		x.live.answers.put(a, token, answer, x.service.account.Clock.Now())
	}
	x.authorizer = map[string]any{}
	maps.Copy(x.authorizer, answer.context)
	x.authorizer["principalId"], x.authorizer["integrationLatency"] = answer.principal, latency.Milliseconds()
	return x.permit(policy.Principal{Policies: func() []*policy.Document { return []*policy.Document{answer.policy} }})
}

// ask invokes the function. The error says why for access logs, also with the failure of a request that is not authorized.
func (a *tokenAuthorizer) ask(x *exchange, token string) (*authorizerAnswer, *failure, error) {
	event := strictjson.Encode(map[string]string{"type": "TOKEN", "methodArn": executionARN(x.apiID + "/" + x.source()), "authorizationToken": token})
	result, _, err := x.invoke(a.function, "authorizers/"+a.id, event)
	switch {
	case policy.IsDenied(err):
		return nil, failAuthorizerConfiguration, err
	case err != nil:
		return nil, failAuthorizer, err
	case result.FunctionError != "":
		var thrown struct{ ErrorMessage string }
		_ = json.Unmarshal(result.Payload, &thrown) // no message is another message
		if thrown.ErrorMessage == "Unauthorized" {
			return nil, failUnauthorized, errors.New("Unauthorized")
		}
		return nil, failAuthorizer, fmt.Errorf("the authorizer failed: %s", result.Payload)
	}
	answer, err := parseAnswer(result.Payload)
	if err != nil {
		return nil, failAuthorizerConfiguration, fmt.Errorf("the authorizer's answer is malformed: %w", err)
	}
	return answer, nil, nil
}

// authorizerAnswer is what a function answers:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
type authorizerAnswer struct {
	principal string
	policy    *policy.Document
	context   map[string]any // strings: API Gateway converts numbers and booleans
	expires   time.Time
}

func parseAnswer(payload []byte) (*authorizerAnswer, error) {
	var out struct {
		PrincipalID    string          `json:"principalId"`
		PolicyDocument json.RawMessage `json:"policyDocument"`
		Context        map[string]any  `json:"context"`
	}
	d := json.NewDecoder(bytes.NewReader(payload))
	d.UseNumber()
	if err := d.Decode(&out); err != nil {
		return nil, err
	}
	if out.PrincipalID == "" {
		return nil, errors.New("there is no principalId")
	}
	for name, value := range out.Context {
		switch value.(type) {
		case nil, []any, map[string]any:
			return nil, fmt.Errorf("context.%s must be a string, a number or a boolean", name)
		}
		out.Context[name] = fmt.Sprint(value)
	}
	document, err := policy.Parse(string(out.PolicyDocument), policy.Identity)
	return &authorizerAnswer{principal: out.PrincipalID, policy: document, context: out.Context}, err
}

// answers are what the authorizers of a stage answered, by authorizer and token. Failures are not kept.
type answers struct {
	mu   sync.Mutex
	kept map[[2]string]*authorizerAnswer
}

func (c *answers) get(authorizer, token string, now time.Time) *authorizerAnswer {
	c.mu.Lock()
	defer c.mu.Unlock()
	if a := c.kept[[2]string{authorizer, token}]; a != nil && now.Before(a.expires) {
		return a
	}
	return nil
}

func (c *answers) put(by *tokenAuthorizer, token string, a *authorizerAnswer, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.DeleteFunc(c.kept, func(_ [2]string, old *authorizerAnswer) bool { return !now.Before(old.expires) })
	a.expires = now.Add(by.ttl)
	c.kept[[2]string{by.id, token}] = a
}
