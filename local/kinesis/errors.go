package kinesis

import (
	"errors"
	"net/http"
	"time"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/wire"
)

func refuse(code, format string, args ...any) *wire.Error {
	return wire.Errorf(http.StatusBadRequest, code, format, args...)
}

func invalid(format string, args ...any) *wire.Error {
	return refuse("InvalidArgumentException", format, args...)
}

// outside is how AWS words that a parameter violates the model of its API.
func outside(value any, member, constraint string, args ...any) *wire.Error {
	return refuse("ValidationException", "1 validation error detected: Value '%v' at '%s' failed to satisfy constraint: "+constraint,
		append([]any{value, member}, args...)...)
}

func missing(member string) *wire.Error {
	return refuse("ValidationException",
		"1 validation error detected: Value null at '%s' failed to satisfy constraint: Member must not be null", member)
}

// between takes the default for a number that is absent, and refuses one that is out of range.
func between(n *int, member string, fallback, lo, hi int) (int, error) {
	switch {
	case n == nil:
		return fallback, nil
	case *n < lo:
		return 0, outside(*n, member, "Member must have value greater than or equal to %d", lo)
	case *n > hi:
		return 0, outside(*n, member, "Member must have value less than or equal to %d", hi)
	}
	return *n, nil
}

func errNoStream(name string) *wire.Error {
	return refuse("ResourceNotFoundException", "Stream %s under account %s not found.", name, account.ID)
}

func errNoShard(stream, shard string) *wire.Error {
	return refuse("ResourceNotFoundException", "Shard %s in stream %s under account %s does not exist", shard, stream, account.ID)
}

func errNoConsumer(what string) *wire.Error {
	return refuse("ResourceNotFoundException", "Consumer %s under account %s not found.", what, account.ID)
}

// Throttled is what Kinesis answers when a shard is written to or read from faster than its limits allow; for
// fault.Rule.Do, to throttle a shard in a test.
func Throttled(stream, shard string) error {
	return refuse("ProvisionedThroughputExceededException", "Rate exceeded for shard %s in stream %s under account %s.", shard, stream, account.ID)
}

func errExpired(created, now time.Time) *wire.Error {
	const form = "Mon Jan 02 15:04:05 MST 2006"
	return refuse("ExpiredIteratorException", "Iterator expired. The iterator was created at time %s while right now it is %s "+
		"which is further in the future than the tolerated delay of %d milliseconds.",
		created.UTC().Format(form), now.UTC().Format(form), iteratorLife.Milliseconds())
}

// failure is how an error stands in the answer for one record of many.
func failure(err error) (code, message string) {
	var e *wire.Error
	if errors.As(err, &e) {
		return e.Code, e.Message
	}
	return "InternalFailure", err.Error()
}
