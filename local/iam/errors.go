package iam

import (
	"net/http"

	"github.com/order-patterns/order-patterns/local/wire"
)

func noEntity(format string, args ...any) error {
	return wire.Errorf(http.StatusNotFound, "NoSuchEntity", format, args...)
}

func malformed(err error) error {
	return wire.Errorf(http.StatusBadRequest, "MalformedPolicyDocument", "%v", err)
}
