package httpapi

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/http"
)

// Layout is the format of errors.
type Layout int

// The formats of errors.
const (
	MessageOnly       Layout = iota // {"message": "..."}
	StatusDescription               // {"status": 400, "description": "..."}
)

// Answers creates responses. The zero value allows every origin.
type Answers struct {
	AllowOrigin string // Access-Control-Allow-Origin; "" means "*"
	Layout      Layout
}

// JSON answers with v as JSON. If v cannot be encoded, it answers 500.
func (a Answers) JSON(status int, v any) Response {
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false) // so that a URL stays readable
	if err := enc.Encode(v); err != nil {
		return a.Fail(Errorf(http.StatusInternalServerError, "the answer could not be written"))
	}
	return Response{
		StatusCode: status,
		Headers: map[string]string{
			"Content-Type":                "application/json",
			"Access-Control-Allow-Origin": cmp.Or(a.AllowOrigin, "*"),
		},
		Body: string(bytes.TrimSuffix(body.Bytes(), []byte("\n"))),
	}
}

// Fail answers with an error.
func (a Answers) Fail(e *Error) Response {
	if a.Layout == StatusDescription {
		return a.JSON(e.Status, struct {
			Status      int    `json:"status"`
			Description string `json:"description"`
		}{e.Status, e.Message})
	}
	return a.JSON(e.Status, map[string]string{"message": e.Message})
}
