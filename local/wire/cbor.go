package wire

import (
	"encoding/json"
	"math"
	"net/http"
	"path"
	"reflect"
	"time"

	"github.com/fxamacker/cbor/v2"
)

// RPC serves the protocols of CloudWatch: Smithy RPC v2 with CBOR, which SDKs use, and awsJson1.0, which the AWS CLI uses.
// https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
type RPC struct{ JSON }

// ServeAWS answers a call, or refuses an operation that was not added.
func (r *RPC) ServeAWS(w http.ResponseWriter, c *Call) {
	if !isCBOR(c.Request) {
		r.JSON.ServeAWS(w, c)
		return
	}
	name := path.Base(c.URL.Path)
	op := r.operations[name]
	if op == nil {
		writeCBORError(w, unknownOperation(name, c.URL.Path))
		return
	}
	out, err := op(c, decodeCBOR)
	if err != nil {
		writeCBORError(w, err)
		return
	}
	writeCBOR(w, http.StatusOK, out)
}

// Time is a time of a request or a result: seconds since 1970 in JSON, a time in CBOR.
type Time struct{ time.Time }

// UnmarshalJSON implements json.Unmarshaler. A time that came in CBOR is a text.
func (t *Time) UnmarshalJSON(b []byte) error {
	var seconds float64
	if json.Unmarshal(b, &seconds) != nil {
		return json.Unmarshal(b, &t.Time)
	}
	t.Time = time.UnixMilli(int64(math.Round(seconds * 1000)))
	return nil
}

// MarshalJSON implements json.Marshaler.
func (t Time) MarshalJSON() ([]byte, error) { return json.Marshal(float64(t.UnixMilli()) / 1000) }

// MarshalCBOR implements cbor.Marshaler.
func (t Time) MarshalCBOR() ([]byte, error) { return encoding.Marshal(t.Time) }

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
