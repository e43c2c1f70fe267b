package apigateway

import (
	"net"
	"strings"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/internal/strictjson"
)

// proxyEvent is the event of a Lambda proxy integration, format version 1.0. Members without a value are null.
type proxyEvent struct {
	Resource       string              `json:"resource"`
	Path           string              `json:"path"`
	HTTPMethod     string              `json:"httpMethod"`
	Headers        map[string]string   `json:"headers"` // the last value of each
	MultiHeaders   map[string][]string `json:"multiValueHeaders"`
	Query          map[string]string   `json:"queryStringParameters"`
	MultiQuery     map[string][]string `json:"multiValueQueryStringParameters"`
	PathParameters map[string]string   `json:"pathParameters"`
	StageVariables map[string]string   `json:"stageVariables"` // there are none here
	Context        requestContext      `json:"requestContext"`
	Body           *string             `json:"body"`
	IsBase64       bool                `json:"isBase64Encoded"` // false: there are no binary media types here
}

type requestContext struct {
	ResourceID        string   `json:"resourceId"`
	ResourcePath      string   `json:"resourcePath"`
	HTTPMethod        string   `json:"httpMethod"`
	ExtendedRequestID string   `json:"extendedRequestId"`
	RequestTime       string   `json:"requestTime"`
	Path              string   `json:"path"` // with the stage
	AccountID         string   `json:"accountId"`
	Protocol          string   `json:"protocol"`
	Stage             string   `json:"stage"`
	DomainPrefix      string   `json:"domainPrefix"`
	RequestTimeEpoch  int64    `json:"requestTimeEpoch"`
	RequestID         string   `json:"requestId"`
	Identity          identity `json:"identity"`
	DomainName        string   `json:"domainName"`
	DeploymentID      string   `json:"deploymentId"`
	APIID             string   `json:"apiId"`
	// Authorizer has the context that a Lambda authorizer returned, as strings.
	Authorizer map[string]any `json:"authorizer,omitempty"`
}

// identity is that of who signed the request, or of an anonymous caller.
type identity struct {
	CognitoIdentityPoolID         *string `json:"cognitoIdentityPoolId"`
	AccountID                     *string `json:"accountId"`
	CognitoIdentityID             *string `json:"cognitoIdentityId"`
	Caller                        *string `json:"caller"`
	SourceIP                      string  `json:"sourceIp"`
	PrincipalOrgID                *string `json:"principalOrgId"`
	AccessKey                     *string `json:"accessKey"`
	APIKey                        string  `json:"apiKey,omitempty"` // only for methods that require one
	APIKeyID                      string  `json:"apiKeyId,omitempty"`
	CognitoAuthenticationType     *string `json:"cognitoAuthenticationType"`
	CognitoAuthenticationProvider *string `json:"cognitoAuthenticationProvider"`
	UserARN                       *string `json:"userArn"`
	UserAgent                     *string `json:"userAgent"`
	User                          *string `json:"user"`
}

func (x *exchange) event() []byte {
	e := proxyEvent{
		Resource: x.resource.path, Path: x.path, HTTPMethod: x.request.Method, PathParameters: x.pathParameters,
		Context: requestContext{
			ResourceID: x.resource.id, ResourcePath: x.resource.path, HTTPMethod: x.request.Method,
			ExtendedRequestID: x.extendedID, RequestTime: x.start.UTC().Format(clf), Path: "/" + x.stageName + x.path,
			AccountID: account.ID, Protocol: x.request.Proto, Stage: x.stageName, DomainPrefix: x.apiID,
			RequestTimeEpoch: x.start.UnixMilli(), RequestID: x.requestID, DomainName: x.request.Host,
			DeploymentID: x.live.deploymentID, APIID: x.apiID, Authorizer: x.authorizer, Identity: x.identity,
		},
	}
	id := &e.Context.Identity
	id.SourceIP, id.APIKey, id.APIKeyID = x.sourceIP(), x.apiKey, x.apiKeyID
	if agent := x.request.UserAgent(); agent != "" {
		id.UserAgent = &agent
	}
	e.Headers, e.MultiHeaders = x.eventHeaders()
	if len(x.query) > 0 {
		e.MultiQuery, e.Query = x.query, lastValues(x.query)
	}
	if len(x.body) > 0 {
		e.Body = new(string(x.body))
	}
	return strictjson.Encode(&e)
}

// eventHeaders are the request's headers, without those of the connection, and those that API Gateway adds.
func (x *exchange) eventHeaders() (map[string]string, map[string][]string) {
	h := make(map[string][]string, len(x.request.Header)+5)
	for name, values := range x.request.Header {
		if name != "Connection" && name != "Content-Length" {
			h[name] = values
		}
	}
	_, port, _ := net.SplitHostPort(x.request.Host)
	h["Host"] = []string{x.request.Host}
	h["X-Amzn-Trace-Id"] = []string{x.traceHeader}
	h["X-Forwarded-For"] = []string{strings.Join(append(h["X-Forwarded-For"], x.sourceIP()), ", ")}
	h["X-Forwarded-Port"] = []string{port}
	h["X-Forwarded-Proto"] = []string{"http"} // the embedded cloud does not speak TLS
	return lastValues(h), h
}

func lastValues(m map[string][]string) map[string]string {
	last := make(map[string]string, len(m))
	for name, values := range m {
		last[name] = values[len(values)-1]
	}
	return last
}

// mediaType is that of the request's body. The default is JSON.
func (x *exchange) mediaType() string {
	media, _, _ := strings.Cut(x.request.Header.Get("Content-Type"), ";")
	if media = strings.ToLower(strings.TrimSpace(media)); media == "" {
		return jsonType
	}
	return media
}

// missing lists the required parameters that are absent or blank.
func (x *exchange) missing() []string {
	var names []string
	for _, p := range x.method.required {
		var value string
		switch p.In {
		case "query":
			value = x.query.Get(p.Name)
		case "header":
			value = x.request.Header.Get(p.Name)
		case "path":
			value = x.pathParameters[p.Name]
		}
		if strings.TrimSpace(value) == "" {
			names = append(names, p.Name)
		}
	}
	return names
}
