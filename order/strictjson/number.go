package strictjson

import (
	"encoding/json"

	"github.com/order-patterns/order-patterns/order/money"
)

// Int returns a field that must be an integer from least to most. 2.0 and 2e0 are accepted for 2: in JSON these are the same number. It
// returns 0 if the field is missing or not valid.
func (r *Reader) Int(fields map[string]any, path, name string, need Presence, least, most int64) int64 {
	v, found := r.Field(fields, path, name, need)
	if !found {
		return 0
	}
	number, _ := v.(json.Number)
	a, err := money.ParseJSON(number.String())
	n, whole := a.Int()
	if err != nil || !whole || n < least || n > most {
		r.Faultf(Join(path, name), "must be an integer from %d to %d, got %s", least, most, Show(v))
		return 0
	}
	return n
}
