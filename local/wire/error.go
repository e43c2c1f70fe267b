package wire

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/policy"
)

// Error is an answer that an AWS service gives instead of a result. Its code is what SDKs turn into a type.
type Error struct {
	Status  int    // HTTP status
	Code    string // "ResourceNotFoundException"
	Message string
	// Query is the code of services that once spoke the query protocol, for the header x-amzn-query-error:
	// "AWS.SimpleQueueService.NonExistentQueue". Empty for none.
	Query string
	// Fields are further members of the error's JSON body, such as CancellationReasons.
	Fields map[string]any
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Errorf makes an error with a formatted message.
func Errorf(status int, code, format string, args ...any) *Error {
	return &Error{Status: status, Code: code, Message: fmt.Sprintf(format, args...)}
}

// Unsupported refuses, by name, what the embedded cloud does not implement.
func Unsupported(format string, args ...any) *Error {
	return Errorf(http.StatusNotImplemented, "NotImplemented", "The embedded cloud does not implement "+format, args...)
}

// Code is the code of an AWS error, and empty for any other.
func Code(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return ""
}

// asError turns any error into one that can be written. denied renders a missing permission. If it is nil, the answer is that of
// most JSON services. What is not an AWS error becomes an internal one.
func asError(err error, denied func(*policy.DeniedError) *Error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	if d, ok := errors.AsType[*policy.DeniedError](err); ok {
		if denied == nil {
			denied = denial(http.StatusBadRequest, "AccessDeniedException")
		}
		return denied(d)
	}
	return &Error{Status: http.StatusInternalServerError, Code: "InternalFailure", Message: err.Error()}
}

func denial(status int, code string) func(*policy.DeniedError) *Error {
	return func(d *policy.DeniedError) *Error { return &Error{Status: status, Code: code, Message: d.Error()} }
}

func write(w http.ResponseWriter, status int, contentType string, body []byte, err error) {
	if err != nil {
		http.Error(w, fmt.Sprintf("rendering the answer: %v", err), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", contentType)
	// As AWS does. SDKs close the connection of a chunked answer whose end they have not read.
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // the caller may have gone
}

// KeyError renders a KMS key that cannot be used. code and query contain %s for the reason: AccessDenied or NotFound.
// Other errors are returned as they are.
func KeyError(err error, status int, code, query string) error {
	e, ok := errors.AsType[*account.KeyError](err)
	if !ok {
		return err
	}
	rendered := Errorf(status, strings.ReplaceAll(code, "%s", e.Reason), "%s", e.Message)
	rendered.Query = strings.ReplaceAll(query, "%s", e.Reason)
	return rendered
}

// WriteXMLError renders an error as S3 does: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
func WriteXMLError(w http.ResponseWriter, c *Call, err error) {
	e := asError(err, func(*policy.DeniedError) *Error {
		return &Error{Status: http.StatusForbidden, Code: "AccessDenied", Message: "Access Denied"}
	})
	body := Object{"Code": e.Code, "Message": e.Message, "Resource": c.URL.Path, "RequestId": c.RequestID}
	maps.Copy(body, e.Fields)
	writeXML(w, e.Status, "application/xml", "Error", "", body)
}
