// Package httpapi is what the functions behind API Gateway's REST API share: reading a proxy event, and answers
// that are all JSON and all carry the CORS header. API Gateway passes a proxy function's headers on as they are,
// so the function has to send them, on errors too.
//
// See https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
package httpapi

import (
	"encoding/base64"
	"fmt"
	"net/http"

	"github.com/aws/aws-lambda-go/events"

	"github.com/order-patterns/order-patterns/order/coffee"
)

// MaxBody is the largest body in bytes that Body gives, many times what an order needs.
const MaxBody = 64 << 10

// Request and Response are the proxy event and its answer.
type (
	Request  = events.APIGatewayProxyRequest
	Response = events.APIGatewayProxyResponse
)

// Error is an answer other than success: the status, and a message for the client.
type Error struct {
	Status  int
	Message string
}

func (e *Error) Error() string { return e.Message }

// Errorf makes an Error.
func Errorf(status int, format string, args ...any) *Error {
	return &Error{Status: status, Message: fmt.Sprintf(format, args...)}
}

// Answers makes responses. The zero value allows every origin, and lays errors out as {"message": "..."}.
type Answers struct {
	AllowOrigin string           // Access-Control-Allow-Origin; "" means "*"
	Layout      func(*Error) any // gives what JSON is made of, which it can always hold; nil means {"message": "..."}
}

// Described lays an error out as {"status": 400, "description": "..."}, a Layout.
func Described(e *Error) any {
	return struct {
		Status      int    `json:"status"`
		Description string `json:"description"`
	}{e.Status, e.Message}
}

// JSON answers with v. A v that JSON cannot hold becomes a 500.
func (a Answers) JSON(status int, v any) Response {
	body, err := coffee.EncodeJSON(v)
	if err != nil {
		return a.Fail(Errorf(http.StatusInternalServerError, "the answer could not be written"))
	}
	origin := a.AllowOrigin
	if origin == "" {
		origin = "*"
	}
	return Response{
		StatusCode: status,
		Headers:    map[string]string{"Content-Type": "application/json", "Access-Control-Allow-Origin": origin},
		Body:       string(body),
	}
}

// Fail answers with an error.
func (a Answers) Fail(e *Error) Response {
	if a.Layout != nil {
		return a.JSON(e.Status, a.Layout(e))
	}
	return a.JSON(e.Status, map[string]string{"message": e.Message})
}

// Body gives the request's body, decoded if API Gateway sent it as base64, of at most MaxBody bytes.
func Body(r Request) ([]byte, *Error) { return BodyUpTo(r, MaxBody) }

// BodyUpTo is Body with another limit in bytes.
func BodyUpTo(r Request, limit int) ([]byte, *Error) {
	body := []byte(r.Body)
	if r.IsBase64Encoded {
		var err error
		if body, err = base64.StdEncoding.DecodeString(r.Body); err != nil {
			return nil, Errorf(http.StatusBadRequest, "body: is not valid base64")
		}
	}
	if len(body) > limit {
		return nil, Errorf(http.StatusRequestEntityTooLarge, "body: has %d bytes, more than the limit of %d", len(body), limit)
	}
	return body, nil
}

// ID gives a query parameter that must be there, once, and be a valid id.
func ID(r Request, name string) (string, *Error) {
	id, err := OptionalID(r, name)
	if err == nil && id == "" {
		return "", Errorf(http.StatusBadRequest, "query parameter %s: is missing", name)
	}
	return id, err
}

// OptionalID gives a query parameter that must be a valid id if it is there, and "" if it is not.
func OptionalID(r Request, name string) (string, *Error) {
	if n := len(r.MultiValueQueryStringParameters[name]); n > 1 {
		return "", Errorf(http.StatusBadRequest, "query parameter %s: is given %d times", name, n)
	}
	id, found := r.QueryStringParameters[name]
	if !found {
		return "", nil
	}
	if problem := coffee.CheckID(id); problem != "" {
		return "", Errorf(http.StatusBadRequest, "query parameter %s: %s", name, problem)
	}
	return id, nil
}
