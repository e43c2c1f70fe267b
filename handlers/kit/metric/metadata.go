package metric

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// metadata is the field _aws of a line. It has one directive for the counter Rejected, if the line has it, and one for the other values,
// because their dimensions differ.
type metadata struct {
	at        time.Time
	namespace string
	values    []Value
}

// MarshalJSON returns {"Timestamp":1,"CloudWatchMetrics":[{"Namespace":"","Dimensions":[["Pattern"]],"Metrics":[{"Name":"","Unit":""}]}]}.
func (m metadata) MarshalJSON() ([]byte, error) {
	b := make([]byte, 0, 512)
	b = append(b, `{"Timestamp":`...)
	b = strconv.AppendInt(b, m.at.UnixMilli(), 10)
	b = append(b, `,"CloudWatchMetrics":[`...)
	b = m.appendDirective(b, `["Pattern"]`, func(v Value) bool { return v.reason == "" })
	b = m.appendDirective(b, `["Pattern"],["Pattern","Reason"]`, func(v Value) bool { return v.reason != "" && !v.refused })
	b = m.appendDirective(b, `["Pattern","Reason"]`, func(v Value) bool { return v.refused })
	return append(b, "]}"...), nil
}

// appendDirective appends a directive for the values that in accepts, if there are any.
func (m metadata) appendDirective(b []byte, dimensions string, in func(Value) bool) []byte {
	separator := `{"Namespace":` + quote(m.namespace) + `,"Dimensions":[` + dimensions + `],"Metrics":[`
	found := false
	for _, v := range m.values {
		if !in(v) {
			continue
		}
		if !found && b[len(b)-1] == '}' {
			b = append(b, ',')
		}
		found = true
		b = append(b, separator...)
		b = append(b, `{"Name":`...)
		b = append(b, quote(v.name)...)
		b = append(b, `,"Unit":"`...)
		b = append(b, v.unit...)
		b = append(b, `"}`...)
		separator = ","
	}
	if found {
		b = append(b, "]}"...)
	}
	return b
}

// quote returns s as a JSON string. Almost no name has a character that JSON escapes.
func quote(s string) string {
	if strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r > '~' || r == '"' || r == '\\' }) < 0 {
		return `"` + s + `"`
	}
	text, _ := json.Marshal(s) // never fails for a string
	return string(text)
}
