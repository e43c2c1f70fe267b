package wire

import (
	"encoding/json"
	"math"
	"net/http"
	"path"
	"reflect"
	"strings"
	"time"

	"github.com/fxamacker/cbor/v2"
)

// RPC serves the protocols of CloudWatch: Smithy RPC v2 with CBOR, which SDKs use, and awsJson1.0, which the AWS CLI uses. Times of
// results are time.Time. https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
type RPC struct{ JSON }

// ServeAWS answers a call, or refuses an operation that was not added.
func (r *RPC) ServeAWS(w http.ResponseWriter, c *Call) {
	inCBOR := isCBOR(c.Request)
	decode, name := decodeCBOR, path.Base(c.URL.Path)
	if !inCBOR {
		decode, name = decodeJSON, strings.TrimPrefix(c.Header.Get("X-Amz-Target"), r.Target+".")
	}
	var out any
	var err error
	if op, ok := r.JSON.operations[name]; ok {
		out, err = op(c, decode)
	} else {
		err = Errorf(http.StatusBadRequest, "UnknownOperationException", "The embedded cloud does not implement the operation %q in this protocol", name)
	}
	switch {
	case err != nil && inCBOR:
		writeCBORError(w, err)
	case err != nil:
		r.JSON.fail(w, c, err)
	case inCBOR:
		writeCBOR(w, http.StatusOK, out)
	default:
		r.JSON.write(w, http.StatusOK, plain(out))
	}
}

// Time is a time of a request: seconds since 1970 in JSON, and a text where it was a time in CBOR.
type Time struct{ time.Time }

// UnmarshalJSON implements json.Unmarshaler.
func (t *Time) UnmarshalJSON(b []byte) error {
	var seconds float64
	if json.Unmarshal(b, &seconds) != nil {
		return json.Unmarshal(b, &t.Time)
	}
	t.Time = time.UnixMilli(int64(math.Round(seconds * 1000)))
	return nil
}

var (
	encoding, _ = cbor.EncOptions{Time: cbor.TimeUnixMicro, TimeTag: cbor.EncTagRequired}.EncMode() // valid options
	decoding, _ = cbor.DecOptions{DefaultMapType: reflect.TypeFor[map[string]any]()}.DecMode()
)

func isCBOR(r *http.Request) bool { return r.Header.Get("Smithy-Protocol") == "rpc-v2-cbor" }

func writeCBOR(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Smithy-Protocol", "rpc-v2-cbor")
	body, err := encoding.Marshal(v)
	write(w, status, "application/cbor", body, err)
}

func writeCBORError(w http.ResponseWriter, err error) {
	e := asError(err, nil)
	writeCBOR(w, e.Status, Object{"__type": e.Code, "message": e.Message})
}

// decodeCBOR reads the parameters of a call by way of JSON, so that errors are the same.
func decodeCBOR(c *Call, v any) error {
	var tree any
	var text []byte
	err := decoding.Unmarshal(c.Body, &tree)
	if err == nil {
		text, err = json.Marshal(tree)
	}
	if err == nil {
		err = decodeStrict(text, v)
	}
	return unreadable(c, err)
}

// plain returns a result as JSON has it: with the names of CBOR, and times in seconds since 1970.
func plain(v any) any {
	body, err := encoding.Marshal(v)
	var tree any
	if err == nil {
		err = decoding.Unmarshal(body, &tree)
	}
	if err != nil {
		panic("wire: " + err.Error()) // results have plain values
	}
	return inSeconds(tree)
}

func inSeconds(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			v[name] = inSeconds(member)
		}
	case []any:
		for i, e := range v {
			v[i] = inSeconds(e)
		}
	case time.Time:
		return float64(v.UnixMilli()) / 1000
	}
	return v
}
