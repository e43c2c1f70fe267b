package httpapi

import (
	"net/http"
	"strings"
)

// Header gives a header that may be there once, and whether it is. A REST API passes headers' names on in the letter
// case in which they were sent.
func Header(r Request, name string) (value string, found bool, fault *Error) {
	for sent, v := range r.Headers {
		if strings.EqualFold(sent, name) {
			value, found = v, true
		}
	}
	// Of a header that was sent several times, Headers has the last one only.
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
