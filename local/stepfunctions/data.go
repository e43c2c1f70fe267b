package stepfunctions

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxData is the largest input or output of a state or an execution, in bytes:
// https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
const maxData = 256 << 10

// Data passes between states as what encoding/json makes of it, numbers as they are written. It is never changed once
// made, so that states, events and contexts share it.

func parseData(text string) (any, error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, errors.New("it is empty")
		}
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is text after the JSON value")
	}
	return v, nil
}

func render(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case json.RawMessage:
		return string(v)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(fmt.Sprintf("stepfunctions: data that was parsed cannot be rendered: %v", err))
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// asText is a value as States.Format writes it.
func asText(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	return render(v)
}
