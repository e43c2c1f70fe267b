package httpapi

import (
	"encoding/base64"
	"net/http"
	"strings"
)

// MaxBody is the largest body that Body returns, in bytes.
const MaxBody = 64 << 10

// Body returns the request's body, at most MaxBody bytes. It decodes base64.
func Body(r Request) ([]byte, *Error) { return BodyUpTo(r, MaxBody) }

// BodyUpTo is Body with another limit, in bytes.
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

// Query returns a query parameter, and whether it is present. A parameter that is given more than once is a 400.
func Query(r Request, name string) (value string, found bool, fault *Error) {
	if n := len(r.MultiValueQueryStringParameters[name]); n > 1 {
		return "", true, Errorf(http.StatusBadRequest, "query parameter %s: is given %d times", name, n)
	}
	value, found = r.QueryStringParameters[name]
	return value, found, nil
}

// Header returns a header, and whether it is present. A header that is given more than once is a 400. The name is case-insensitive: a REST
// API passes on the client's spelling.
func Header(r Request, name string) (value string, found bool, fault *Error) {
	for sent, v := range r.Headers {
		if strings.EqualFold(sent, name) {
			value, found = v, true
		}
	}
	// If a header was sent several times, Headers has only the last value.
	times := 0
	for sent, values := range r.MultiValueHeaders {
		if strings.EqualFold(sent, name) {
			times += len(values)
		}
	}
	if times > 1 {
		return "", true, Errorf(http.StatusBadRequest, "header %s: is given %d times", name, times)
	}
	return value, found, nil
}
