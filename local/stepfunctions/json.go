package stepfunctions

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/order-patterns/order-patterns/local/internal/strictjson"
)

// maxData is the largest input or output of a state or an execution, in bytes:
// https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
const maxData = 256 << 10

// Data is passed between states as encoding/json decodes it, with numbers as json.Number. States, events and contexts
// share it, so it must not be changed.

func parseJSON(text string) (v any, err error) {
	err = strictjson.Decode(text, &v)
	return v, err
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
