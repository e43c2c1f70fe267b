package stepfunctions

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// maxData is the largest input or output of a state or an execution, in bytes:
// https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
const maxData = 256 << 10

// Data is passed between states as encoding/json decodes it, with numbers as json.Number. States, events and contexts
// share it, so it must not be changed.

func parseJSON(text string) (any, error) {
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

func renderJSON(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(fmt.Sprintf("stepfunctions: data that was parsed cannot be rendered: %v", err))
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// renderText renders a string as it is, and any other value as JSON.
func renderText(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	return renderJSON(v)
}

func number(n int) json.Number { return json.Number(strconv.Itoa(n)) }
