package apigateway

import "strings"

// failure is why API Gateway itself answers, instead of an integration. Its kind is a gateway response type:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
type failure struct {
	kind      string
	status    int // the default of the kind
	message   string
	errorType string // for the header x-amzn-ErrorType
}

// messageString is the message as JSON; empty if there is none.
func (f *failure) messageString() string {
	if f.message == "" {
		return ""
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

const internalError = "Internal server error"

func failParameters(missing []string) *failure {
	return &failure{
		kind: "BAD_REQUEST_PARAMETERS", status: 400, errorType: "BadRequestException",
		message: "Missing required request parameters: [" + strings.Join(missing, ", ") + "]",
	}
}

// responseTypes are those that can be changed. Some cannot occur without authorizers or WAF.
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
