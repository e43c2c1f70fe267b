package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"path"
	"reflect"
	"strings"
	"time"

	"github.com/aws/smithy-go/encoding/cbor"
)

// RPC serves the protocols of CloudWatch: Smithy RPC v2 with CBOR, which SDKs use; awsJson1.0, which the AWS CLI uses; and the
// query protocol, which older clients use. https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
type RPC struct {
	Query
	JSON
}

// HandleRPC adds an operation to all protocols. In and Out are as for HandleQuery. In CBOR and JSON, numbers and booleans have
// types: json.Number, Flag and Time read all forms. Members of Out with a nil pointer or slice are absent.
func HandleRPC[In, Out any](r *RPC, name string, f func(*Call, *In) (*Out, error)) {
	HandleQuery(&r.Query, name, f)
	HandleJSON(&r.JSON, name, f)
}

// ServeAWS answers a call, or refuses an operation that was not added.
func (r *RPC) ServeAWS(w http.ResponseWriter, c *Call) {
	inCBOR := isCBOR(c.Request)
	if !inCBOR && !isJSON(c.Request) {
		r.Query.ServeAWS(w, c)
		return
	}
	decode, name := decodeCBOR, path.Base(c.URL.Path)
	if !inCBOR {
		decode, name = decodeJSON, strings.TrimPrefix(c.Header.Get("X-Amz-Target"), r.Target+".")
	}
	var out any
	var err error
	if op, ok := r.JSON.operations[name]; ok {
		out, err = op(c, decode)
	} else {
		err = Errorf(http.StatusBadRequest, "UnknownOperationException", "The embedded cloud does not implement the operation %q", name)
	}
	switch {
	case err != nil && inCBOR:
		writeCBORError(w, err)
	case err != nil:
		r.JSON.fail(w, c, err)
	case inCBOR:
		writeCBOR(w, http.StatusOK, encodeCBOR(reflect.ValueOf(out)))
	default:
		tree, err := plain(encodeCBOR(reflect.ValueOf(out)))
		if err != nil {
			r.JSON.fail(w, c, err)
			return
		}
		r.JSON.write(w, http.StatusOK, tree)
	}
}

// Time is a time of a request: seconds since 1970 in CBOR, RFC 3339 in the query protocol.
type Time struct{ time.Time }

// UnmarshalJSON implements json.Unmarshaler.
func (t *Time) UnmarshalJSON(b []byte) error {
	var seconds float64
	if json.Unmarshal(b, &seconds) == nil {
		t.Time = time.UnixMilli(int64(math.Round(seconds * 1000)))
		return nil
	}
	return json.Unmarshal(b, &t.Time)
}

// Flag is a boolean of a request.
type Flag bool

// UnmarshalJSON implements json.Unmarshaler.
func (f *Flag) UnmarshalJSON(b []byte) error {
	switch string(b) {
	case `true`, `"true"`:
		*f = true
	case `false`, `"false"`:
		*f = false
	default:
		return fmt.Errorf("%s is not a boolean", b)
	}
	return nil
}

func isCBOR(r *http.Request) bool { return r.Header.Get("Smithy-Protocol") == "rpc-v2-cbor" }

func writeCBOR(w http.ResponseWriter, status int, v cbor.Value) {
	w.Header().Set("Smithy-Protocol", "rpc-v2-cbor")
	write(w, status, "application/cbor", cbor.Encode(v), nil)
}

func writeCBORError(w http.ResponseWriter, err error) {
	e := asError(err, nil)
	writeCBOR(w, e.Status, cbor.Map{"__type": cbor.String(e.Code), "message": cbor.String(e.Message)})
}

func decodeCBOR(c *Call, v any) error {
	var tree any
	var text []byte
	value, err := cbor.Decode(c.Body)
	if err == nil {
		tree, err = plain(value)
	}
	if err == nil {
		text, err = json.Marshal(tree)
	}
	if err == nil {
		err = decodeStrict(text, v)
	}
	return unreadable(c, err)
}

// plain returns a CBOR value as JSON has it.
func plain(v cbor.Value) (any, error) {
	switch v := v.(type) {
	case cbor.Map:
		m := map[string]any{}
		for k, e := range v {
			value, err := plain(e)
			if err != nil {
				return nil, err
			}
			m[k] = value
		}
		return m, nil
	case cbor.List:
		list := make([]any, len(v))
		for i, e := range v {
			var err error
			if list[i], err = plain(e); err != nil {
				return nil, err
			}
		}
		return list, nil
	case *cbor.Tag: // only the tag of a time occurs
		return plain(v.Value)
	case cbor.String, cbor.Bool, cbor.Uint, cbor.Float32, cbor.Float64:
		return v, nil
	case cbor.NegInt:
		return -float64(v), nil
	case *cbor.Nil, *cbor.Undefined:
		return nil, nil
	}
	return nil, errors.New("a byte string is not supported")
}

// encodeCBOR returns a result as CBOR has it, or nil for a nil pointer or slice.
func encodeCBOR(v reflect.Value) cbor.Value {
	if v.Type() == reflect.TypeFor[time.Time]() {
		return &cbor.Tag{ID: 1, Value: cbor.Float64(float64(v.Interface().(time.Time).UnixMilli()) / 1000)}
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		return encodeCBOR(v.Elem())
	case reflect.Struct:
		m := cbor.Map{}
		for i := range v.NumField() {
			field, value := v.Type().Field(i), encodeCBOR(v.Field(i))
			embedded, isMap := value.(cbor.Map)
			switch {
			case value == nil:
			case field.Anonymous && isMap:
				for k, e := range embedded {
					m[k] = e
				}
			default:
				m[field.Name] = value
			}
		}
		return m
	case reflect.Slice:
		if v.IsNil() {
			return nil
		}
		list := make(cbor.List, v.Len())
		for i := range list {
			list[i] = encodeCBOR(v.Index(i))
		}
		return list
	case reflect.Bool:
		return cbor.Bool(v.Bool())
	case reflect.Int:
		if v.Int() < 0 {
			return cbor.NegInt(-v.Int())
		}
		return cbor.Uint(v.Int())
	case reflect.Float64:
		return cbor.Float64(v.Float())
	}
	return cbor.String(v.String())
}
