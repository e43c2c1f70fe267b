package apigateway

import (
	"net"
	"strings"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/internal/strictjson"
)

// event is the event of a Lambda proxy integration, format version 1.0. Members without a value are null. There are no stage variables
// and no binary media types here.
func (x *exchange) event() []byte {
	p := x.signer.principal
	identity := object{
		"sourceIp": x.sourceIP(), "userAgent": orNull(x.request.UserAgent()), "accessKey": orNull(x.signer.accessKey), "accountId": nil,
		"caller": orNull(p.ID), "user": orNull(p.ID), "userArn": orNull(p.ARN), "principalOrgId": nil,
		"cognitoIdentityPoolId": nil, "cognitoIdentityId": nil, "cognitoAuthenticationType": nil, "cognitoAuthenticationProvider": nil,
	}
	if x.signer.accessKey != "" {
		identity["accountId"] = account.ID
	}
	if x.apiKey != "" {
		identity["apiKey"], identity["apiKeyId"] = x.apiKey, x.apiKeyID
	}
	requestContext := object{
		"resourceId": x.resource.id, "resourcePath": x.resource.path, "httpMethod": x.request.Method, "extendedRequestId": x.extendedID,
		"requestTime": x.start.UTC().Format(clf), "requestTimeEpoch": x.start.UnixMilli(), "requestId": x.requestID,
		"path": "/" + x.stageName + x.path, "accountId": account.ID, "protocol": x.request.Proto, "stage": x.stageName,
		"domainPrefix": x.apiID, "domainName": x.request.Host, "deploymentId": x.live.deploymentID, "apiId": x.apiID, "identity": identity,
	}
	if len(x.authorizer) > 0 {
		requestContext["authorizer"] = x.authorizer // the context that a Lambda authorizer returned, as strings
	}
	headers := x.eventHeaders()
	e := object{
		"resource": x.resource.path, "path": x.path, "httpMethod": x.request.Method, "pathParameters": x.pathParameters,
		"headers": lastValues(headers), "multiValueHeaders": headers, "queryStringParameters": nil, "multiValueQueryStringParameters": nil,
		"stageVariables": nil, "requestContext": requestContext, "body": orNull(string(x.body)), "isBase64Encoded": false,
	}
	if len(x.query) > 0 {
		e["multiValueQueryStringParameters"], e["queryStringParameters"] = x.query, lastValues(x.query)
	}
	return strictjson.Encode(e)
}

func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// eventHeaders are the request's headers, without those of the connection, and those that API Gateway adds.
func (x *exchange) eventHeaders() map[string][]string {
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
	return h
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
