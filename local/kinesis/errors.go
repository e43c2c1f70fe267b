package kinesis

import (
	"errors"
	"net/http"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/wire"
)

func refuse(code, format string, args ...any) *wire.Error {
	return wire.Errorf(http.StatusBadRequest, code, format, args...)
}

func invalid(format string, args ...any) *wire.Error {
	return refuse("InvalidArgumentException", format, args...)
}

// invalidMember is the error for a parameter that violates the model of the API.
func invalidMember(member, format string, args ...any) *wire.Error {
	return refuse("ValidationException", member+" "+format, args...)
}

// between returns the default for an absent number, and refuses one that is out of range.
func between(n *int, member string, otherwise, lo, hi int) (int, error) {
	switch {
	case n == nil:
		return otherwise, nil
	case *n < lo || *n > hi:
		return 0, invalidMember(member, "must be from %d to %d, got %d", lo, hi, *n)
	}
	return *n, nil
}

func errNoStream(name string) *wire.Error {
	return refuse("ResourceNotFoundException", "Stream %s under account %s not found.", name, account.ID)
}

func errNoShard(stream, shard string) *wire.Error {
	return refuse("ResourceNotFoundException", "Shard %s in stream %s under account %s does not exist", shard, stream, account.ID)
}

// Throttled is the error of Kinesis when a shard is written to or read from faster than its limits allow. Tests return it
// from fault.Rule.Do.
func Throttled(stream, shard string) error {
	return refuse("ProvisionedThroughputExceededException", "Rate exceeded for shard %s in stream %s under account %s.", shard, stream, account.ID)
}

func codeAndMessage(err error) (code, message string) {
	if e, ok := errors.AsType[*wire.Error](err); ok {
		return e.Code, e.Message
	}
	return "InternalFailure", err.Error()
}
