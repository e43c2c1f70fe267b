package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/order-patterns/order-patterns/local/internal/strictjson"
	"github.com/order-patterns/order-patterns/local/policy"
)

// JSON serves the protocols awsJson1.0 and awsJson1.1: POST /, the operation in the header X-Amz-Target.
type JSON struct {
	Target  string // prefix of X-Amz-Target: "DynamoDB_20120810"
	Version string // "1.0" or "1.1"
	// Namespace is put before error codes, with a #, if the service does: "com.amazonaws.dynamodb.v20120810".
	Namespace string
	// Denied renders a missing permission; status 400 and code AccessDeniedException if nil.
	Denied func(*policy.DeniedError) *Error
	// Checksum adds the header X-Amz-Crc32 to every answer: DynamoDB's clients check it.
	Checksum bool
	// Measure, if set, gets each call of an operation when it has ended, for metrics.
	Measure func(c *Call, took time.Duration, err error)

	operations
}

// ServeAWS answers a call, or refuses an operation that was not added.
func (j *JSON) ServeAWS(w http.ResponseWriter, c *Call) {
	target := c.Header.Get("X-Amz-Target")
	name, ok := strings.CutPrefix(target, j.Target+".")
	op := j.operations[name]
	if !ok || op == nil {
		j.fail(w, c, unknownOperation(name, target))
		return
	}
	start := c.Account.Clock.Now()
	out, err := op(c, decodeJSON)
	if j.Measure != nil {
		j.Measure(c, c.Account.Clock.Since(start), err)
	}
	if err != nil {
		j.fail(w, c, err)
		return
	}
	j.write(w, http.StatusOK, out)
}

func unknownOperation(name, target string) error {
	return Errorf(http.StatusBadRequest, "UnknownOperationException", "The embedded cloud does not implement the operation %q (%s)", name, target)
}

func (j *JSON) write(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err == nil && j.Checksum {
		w.Header().Set("X-Amz-Crc32", strconv.FormatUint(uint64(crc32.ChecksumIEEE(body)), 10))
	}
	write(w, status, "application/x-amz-json-"+j.Version, body, err)
}

func (j *JSON) fail(w http.ResponseWriter, c *Call, err error) {
	e := asError(err, j.Denied)
	code := e.Code
	if j.Namespace != "" {
		code = j.Namespace + "#" + code
	}
	body := map[string]any{"__type": code, "message": e.Message}
	maps.Copy(body, e.Fields)
	if e.Query != "" {
		w.Header().Set("x-amzn-query-error", e.Query+";Sender")
	}
	j.write(w, e.Status, body)
}

func decodeJSON(c *Call, v any) error { return unreadable(c, decodeStrict(c.Body, v)) }

// unreadable is the error for parameters that cannot be read. Their UnmarshalJSON may return an AWS error.
func unreadable(c *Call, err error) error {
	if _, ok := errors.AsType[*Error](err); ok || err == nil {
		return err
	}
	return Errorf(http.StatusBadRequest, "SerializationException", "%s: %v", c.Operation, err)
}

// decodeStrict reads a JSON body into v. The error names the member that is wrong.
func decodeStrict(body []byte, v any) error {
	if len(bytes.TrimSpace(body)) == 0 {
		body = []byte("{}")
	}
	err := strictjson.Decode(body, v)
	wrong, ok := errors.AsType[*json.UnmarshalTypeError](err)
	switch {
	case ok:
		return fmt.Errorf("parameter %s: a JSON %s cannot be a %s", wrong.Field, wrong.Value, wrong.Type)
	case err != nil && strings.Contains(err.Error(), "unknown field"):
		return fmt.Errorf("the embedded cloud does not support this parameter: %w", err)
	}
	return err
}
