package wire

import (
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"path"
	"reflect"
	"strings"
	"time"

	"github.com/aws/smithy-go/encoding/cbor"
)

// RPC serves the protocols of CloudWatch: Smithy RPC v2 with CBOR, which SDKs use, and awsJson1.0, which the AWS CLI uses. Add
// operations with HandleJSON. Members of results with a nil pointer or slice are absent.
// https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
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

// Time is a time of a request: seconds since 1970.
type Time struct{ time.Time }

// UnmarshalJSON implements json.Unmarshaler.
func (t *Time) UnmarshalJSON(b []byte) error {
	var seconds float64
	err := json.Unmarshal(b, &seconds)
	t.Time = time.UnixMilli(int64(math.Round(seconds * 1000)))
	return err
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
