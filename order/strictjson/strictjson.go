// Package strictjson reads one JSON value as strictly as a place that takes money should.
//
// encoding/json alone lets several mistakes pass: a key given twice (the last wins), keys in the wrong letter
// case, data after the value, and text that is not UTF-8 (replaced in silence). Decode refuses the first and
// the last two with the place named; callers that look keys up in the result get the exact letter case.
package strictjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// MaxDepth is how deep arrays and objects may nest. Orders need three levels; the limit keeps a body that is
// nothing but opening brackets from growing the stack.
const MaxDepth = 32

// Decode reads data, which must hold exactly one JSON value. Objects become map[string]any, arrays []any, and
// numbers json.Number with the digits as they were sent. The errors are sentences fit for the sender.
func Decode(data []byte) (any, error) {
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, errors.New("is empty, a JSON object is needed")
	}
	if !utf8.Valid(data) {
		return nil, errors.New("is not valid UTF-8")
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	v, err := value(dec, nil)
	if err != nil {
		return nil, err
	}
	switch _, err := dec.Token(); {
	case errors.Is(err, io.EOF):
		return v, nil
	default:
		return nil, errors.New("has more data after the JSON value")
	}
}

// value reads one value; path names where it stands, for the errors.
func value(dec *json.Decoder, path []string) (any, error) {
	tok, err := dec.Token()
	if err != nil {
		return nil, syntax(err)
	}
	delim, ok := tok.(json.Delim)
	if !ok {
		return tok, nil
	}
	if len(path) >= MaxDepth {
		return nil, fmt.Errorf("nests deeper than %d levels", MaxDepth)
	}
	if delim == '[' {
		return array(dec, path)
	}
	return object(dec, path)
}

func array(dec *json.Decoder, path []string) (any, error) {
	list := []any{}
	for dec.More() {
		v, err := value(dec, append(path, fmt.Sprintf("[%d]", len(list))))
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, closing(dec)
}

func object(dec *json.Decoder, path []string) (any, error) {
	fields := map[string]any{}
	for dec.More() {
		tok, err := dec.Token()
		if err != nil {
			return nil, syntax(err)
		}
		key, ok := tok.(string)
		if !ok {
			return nil, fmt.Errorf("is not valid JSON: an object's key must be a string, got %v", tok)
		}
		at := append(path, key)
		if _, twice := fields[key]; twice {
			return nil, fmt.Errorf("has the key %s twice", Clip(strings.Join(at, ".")))
		}
		if fields[key], err = value(dec, at); err != nil {
			return nil, err
		}
	}
	return fields, closing(dec)
}

// closing reads the ] or } that ends an array or object: a missing one must not pass.
func closing(dec *json.Decoder) error {
	if _, err := dec.Token(); err != nil {
		return syntax(err)
	}
	return nil
}

func syntax(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("is not valid JSON: it ends too early")
	}
	return fmt.Errorf("is not valid JSON: %w", err)
}

// maxClip is how many characters of somebody else's text an error message repeats.
const maxClip = 64

// Clip shortens s to what an error message may repeat of it.
func Clip(s string) string {
	if utf8.RuneCountInString(s) <= maxClip {
		return s
	}
	return string([]rune(s)[:maxClip]) + "…"
}
