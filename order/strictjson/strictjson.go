// Package strictjson decodes a JSON value strictly, and reads its fields.
//
// encoding/json accepts several mistakes: a key that is given twice (the last one counts), keys in another letter case, data after the
// value, and text that is not UTF-8 (which it replaces). Decode refuses all but the second, and its error names the place. Keys in another
// letter case are unknown fields for Reader, which refuses those.
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

// MaxDepth is the largest nesting of arrays and objects. Orders need three levels. The limit prevents a body of only opening brackets from
// growing the stack.
const MaxDepth = 32

// Decode decodes data, which must be exactly one JSON value. Objects become map[string]any, arrays []any, and numbers json.Number with
// their original digits. The errors are for the sender. They continue a sentence that begins with the document's name.
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
	if errors.Is(err, errSyntax) {
		return nil, explain(data)
	}
	if err != nil {
		return nil, err
	}
	end := int(dec.InputOffset())
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		rest := bytes.TrimLeft(data[end:], " \t\r\n")
		return nil, fmt.Errorf("has more data after the JSON value, at %s", place(data[:len(data)-len(rest)]))
	}
	return v, nil
}

// value decodes one value. path is its path, for errors.
func value(dec *json.Decoder, path []string) (any, error) {
	tok, err := dec.Token()
	if err != nil {
		return nil, errSyntax
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
			return nil, errSyntax
		}
		key, ok := tok.(string)
		if !ok {
			return nil, errSyntax
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

// closing reads the ] or } at the end of an array or object, which may be missing.
func closing(dec *json.Decoder) error {
	if _, err := dec.Token(); err != nil {
		return errSyntax
	}
	return nil
}

// errSyntax is replaced by the error of explain.
var errSyntax = errors.New("is not valid JSON")

// explain returns an error that says where data violates JSON's syntax, and what was expected.
func explain(data []byte) error {
	var broken *json.SyntaxError
	// The decoder's own errors do not contain the position of every mistake.
	if err := json.Unmarshal(data, new(json.RawMessage)); !errors.As(err, &broken) {
		return errSyntax
	}
	end := int(broken.Offset)
	if strings.HasPrefix(broken.Error(), "unexpected end") {
		return fmt.Errorf("is not valid JSON: it ends too early, at %s", place(data))
	}
	return fmt.Errorf("is not valid JSON: %w, at %s", broken, place(data[:end-1]))
}

// place describes the position after before, which is the beginning of a document.
func place(before []byte) string {
	line := before[bytes.LastIndexByte(before, '\n')+1:]
	return fmt.Sprintf("line %d, column %d", 1+bytes.Count(before, []byte("\n")), 1+utf8.RuneCount(line))
}

// maxClip is the number of characters of the input that an error message repeats.
const maxClip = 64

// Clip shortens s for an error message.
func Clip(s string) string {
	if utf8.RuneCountInString(s) <= maxClip {
		return s
	}
	return string([]rune(s)[:maxClip]) + "…"
}
