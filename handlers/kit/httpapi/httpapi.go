// Package httpapi reads the proxy events of API Gateway's REST APIs and creates answers. Every answer is JSON and has the CORS header,
// errors too: API Gateway passes on the headers of a proxy function unchanged, and adds none.
//
// See https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
package httpapi

import (
	"fmt"

	"github.com/aws/aws-lambda-go/events"
)

// Request and Response are the proxy event and its answer.
type (
	Request  = events.APIGatewayProxyRequest
	Response = events.APIGatewayProxyResponse
)

// Error is an answer that reports an error: the status, and a message for the client.
type Error struct {
	Status  int
	Message string
}

func (e *Error) Error() string { return e.Message }

// Errorf returns an Error.
func Errorf(status int, format string, args ...any) *Error {
	return &Error{Status: status, Message: fmt.Sprintf(format, args...)}
}
