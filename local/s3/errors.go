package s3

import (
	"net/http"

	"github.com/order-patterns/order-patterns/local/wire"
)

// Throttled is the error of a prefix that gets more requests than it serves:
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html
func Throttled() error {
	return wire.Errorf(http.StatusServiceUnavailable, "SlowDown", "Please reduce your request rate.")
}

var errPrecondition = wire.Errorf(http.StatusPreconditionFailed, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")

func badRequest(code, format string, args ...any) error {
	return wire.Errorf(http.StatusBadRequest, code, format, args...)
}

func noBucket(name string) error {
	return &wire.Error{Status: http.StatusNotFound, Code: "NoSuchBucket", Message: "The specified bucket does not exist",
		Fields: map[string]any{"BucketName": name}}
}

func noKey(key string) error {
	return &wire.Error{Status: http.StatusNotFound, Code: "NoSuchKey", Message: "The specified key does not exist.",
		Fields: map[string]any{"Key": key}}
}

func invalidArgument(name, value, message string) error {
	return &wire.Error{Status: http.StatusBadRequest, Code: "InvalidArgument", Message: message,
		Fields: map[string]any{"ArgumentName": name, "ArgumentValue": value}}
}
