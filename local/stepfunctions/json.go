package stepfunctions

import (
	"encoding/json"
	"strconv"

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

func renderJSON(v any) string { return string(strictjson.Encode(v)) }

// renderText renders a string as it is, and any other value as JSON.
func renderText(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	return renderJSON(v)
}

func number(n int) json.Number { return json.Number(strconv.Itoa(n)) }
