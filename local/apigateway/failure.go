package apigateway

import (
	"strings"

	"github.com/order-patterns/order-patterns/local/wire"
)

// failure is why API Gateway itself answers, instead of an integration. Its kind is a gateway response type:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
type failure struct {
	kind      string
	status    int // the default of the kind
	message   string
	errorType string // for the header x-amzn-ErrorType
}

// messageString is the message as JSON: null if the failure has none. It is empty if there is no failure.
func (f *failure) messageString() string {
	switch {
	case f.kind == "":
		return ""
	case f.message == "":
		return "null"
	}
	return compact(f.message)
}

// Messages and error types are those of AWS.
var (
	failNoRoute   = &failure{kind: "MISSING_AUTHENTICATION_TOKEN", status: 403, message: "Missing Authentication Token", errorType: "MissingAuthenticationTokenException"}
	failKey       = &failure{kind: "INVALID_API_KEY", status: 403, message: "Forbidden", errorType: "ForbiddenException"}
	failQuota     = &failure{kind: "QUOTA_EXCEEDED", status: 429, message: "Limit Exceeded", errorType: "LimitExceededException"}
	failThrottled = &failure{kind: "THROTTLED", status: 429, message: "Too Many Requests", errorType: "TooManyRequestsException"}
	// A 413 cannot be changed, and for a body over the limit of API Gateway itself it is text, without a CORS header:
	// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
	// failTooLong is for a request that is larger than an invocation of a function may be.
	failTooLarge    = &failure{kind: "REQUEST_TOO_LARGE", status: 413, message: "HTTP content length exceeded 10485760 bytes.", errorType: "RequestTooLargeException"}
	failTooLong     = &failure{kind: "REQUEST_TOO_LARGE", status: 413, message: "Request Too Long", errorType: "RequestTooLargeException"}
	failHeaders     = &failure{kind: default4XX, status: 431, message: "Request Header Fields Too Large", errorType: "BadRequestException"}
	failBody        = &failure{kind: "BAD_REQUEST_BODY", status: 400, message: "Invalid request body", errorType: "BadRequestException"}
	failStalled     = &failure{kind: default4XX, status: 408, message: "Request Timeout", errorType: "RequestTimeoutException"}
	failMediaType   = &failure{kind: "UNSUPPORTED_MEDIA_TYPE", status: 415, message: "Unsupported Media Type", errorType: "BadRequestException"}
	failTimeout     = &failure{kind: "INTEGRATION_TIMEOUT", status: 504, message: "Endpoint request timed out", errorType: "InternalServerErrorException"}
	failIntegration = &failure{kind: "INTEGRATION_FAILURE", status: 500, message: internalError, errorType: "InternalServerErrorException"}
	// failConfiguration is for a function that may not be invoked, or an integration without a matching response.
	failConfiguration = &failure{kind: "API_CONFIGURATION_ERROR", status: 500, message: internalError, errorType: "InternalServerErrorException"}
	// failMalformed is for a function that failed, or whose answer is not a proxy response.
	failMalformed = &failure{kind: "API_CONFIGURATION_ERROR", status: 502, message: internalError, errorType: "InternalServerErrorException"}
)

// Failures of authorizers. Those of a function say nothing to the client.
var (
	failUnauthorized            = &failure{kind: "UNAUTHORIZED", status: 401, message: "Unauthorized", errorType: "UnauthorizedException"}
	failAuthorizer              = &failure{kind: "AUTHORIZER_FAILURE", status: 500, errorType: "AuthorizerFailureException"}
	failAuthorizerConfiguration = &failure{kind: "AUTHORIZER_CONFIGURATION_ERROR", status: 500, errorType: "AuthorizerConfigurationException"}
)

func failDenied(message string) *failure {
	return &failure{kind: "ACCESS_DENIED", status: 403, message: message, errorType: "AccessDeniedException"}
}

// failSignature is for a signature that is wrong or too old.
func failSignature(e *wire.Error) *failure {
	f := &failure{kind: "INVALID_SIGNATURE", status: 403, message: e.Message, errorType: strings.TrimSuffix(e.Code, "Exception") + "Exception"}
	if e.Code == "RequestTimeTooSkewed" || e.Code == "AccessDenied" {
		f.kind = "EXPIRED_TOKEN"
	}
	return f
}

const internalError = "Internal server error"

func failParameters(missing []string) *failure {
	return &failure{
		kind: "BAD_REQUEST_PARAMETERS", status: 400, errorType: "BadRequestException",
		message: "Missing required request parameters: [" + strings.Join(missing, ", ") + "]",
	}
}

// responseTypes are those that can be changed. WAF_FILTERED cannot occur here.
var responseTypes = []string{
	"ACCESS_DENIED", "API_CONFIGURATION_ERROR", "AUTHORIZER_CONFIGURATION_ERROR", "AUTHORIZER_FAILURE",
	"BAD_REQUEST_BODY", "BAD_REQUEST_PARAMETERS", default4XX, default5XX, "EXPIRED_TOKEN", "INTEGRATION_FAILURE",
	"INTEGRATION_TIMEOUT", "INVALID_API_KEY", "INVALID_SIGNATURE", "MISSING_AUTHENTICATION_TOKEN", "QUOTA_EXCEEDED",
	"REQUEST_TOO_LARGE", "RESOURCE_NOT_FOUND", "THROTTLED", "UNAUTHORIZED", "UNSUPPORTED_MEDIA_TYPE", "WAF_FILTERED",
}

const (
	default4XX = "DEFAULT_4XX"
	default5XX = "DEFAULT_5XX"
)
