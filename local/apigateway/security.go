package apigateway

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"
)

const keyHeader = "x-api-key"

// securityScheme is how clients identify themselves: by an API key, by a token that a function checks, or by a signature.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-authtype.html
type securityScheme struct {
	_          struct{}        `ignored:"description"`
	Type       string          `json:"type"`
	Name       string          `json:"name"`
	In         string          `json:"in"`
	AuthType   string          `json:"x-amazon-apigateway-authtype"`
	Authorizer json.RawMessage `json:"x-amazon-apigateway-authorizer"`
}

// authorizerSpec is x-amazon-apigateway-authorizer, of a function that checks a token:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-authorizer.html
type authorizerSpec struct {
	Type       string `json:"type"`
	URI        string `json:"authorizerUri"`
	TTL        int    `json:"authorizerResultTtlInSeconds"`
	Validation string `json:"identityValidationExpression"`
}

type requirements []map[string][]string

// securityScheme returns the authorizer of a scheme; nil for API keys.
func (r *reader) securityScheme(at, name string, raw json.RawMessage) authorizer {
	var s securityScheme
	if !r.object(at, raw, &s) {
		return nil
	}
	switch isKey := strings.EqualFold(s.Name, keyHeader); {
	case s.Type != "apiKey" || s.In != "header":
	case isKey && s.AuthType == "" && s.Authorizer == nil:
		return nil
	case s.AuthType == "awsSigv4" && s.Authorizer == nil && strings.EqualFold(s.Name, "Authorization"):
		return iamAuthorizer{}
	case !isKey && !strings.HasPrefix(s.AuthType, "aws") && s.Authorizer != nil:
		return r.tokenAuthorizer(at+".x-amazon-apigateway-authorizer", name, &s)
	}
	r.failf(at, "only API keys (name %s), awsSigv4 (name Authorization) and Lambda authorizers are supported by the embedded cloud, "+
		"all of type apiKey and in header", keyHeader)
	return nil
}

func (r *reader) tokenAuthorizer(at, name string, s *securityScheme) authorizer {
	spec := authorizerSpec{TTL: 300}
	if !r.object(at, s.Authorizer, &spec) {
		return nil
	}
	a := &tokenAuthorizer{id: resourceID(r.definition.rootID, name, 6), header: s.Name, ttl: time.Duration(spec.TTL) * time.Second}
	if spec.Type != "token" {
		r.failf(at+".type", "only token is supported by the embedded cloud, got %q", spec.Type)
	}
	if m := invocationURI.FindStringSubmatch(spec.URI); m != nil {
		a.function = m[1]
	} else {
		r.failf(at+".authorizerUri", "%s, got %q", wantInvocationURI, spec.URI)
	}
	if spec.Validation != "" {
		var err error
		if a.pattern, err = regexp.Compile("^(?:" + spec.Validation + ")$"); err != nil {
			r.failf(at+".identityValidationExpression", "is not a regular expression: %v", err)
		}
	}
	return a
}

// security reads what an operation requires: an API key, an authorizer, or both. As in API Gateway, all requirements count,
// also alternatives.
func (r *reader) security(at string, m *method, list requirements) {
	for i, requirement := range list {
		in := fmt.Sprintf("%s.security[%d]", at, i)
		if len(requirement) == 0 {
			r.failf(in, "an API key or an authorizer cannot be optional")
		}
		for name, scopes := range sorted(requirement) {
			a, known := r.schemes[name]
			switch {
			case !known:
				r.failf(in, "there is no security scheme %q", name)
			case len(scopes) > 0:
				r.failf(in+"."+name, "scopes are for Cognito, which the embedded cloud does not support")
			case a == nil:
				m.keyRequired = true
			case m.authorizer != nil && m.authorizer != a:
				r.failf(in, "a method has one authorizer")
			default:
				m.authorizer = a
			}
		}
	}
}
