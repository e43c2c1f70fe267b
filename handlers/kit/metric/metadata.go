package metric

import (
	"strconv"
	"time"
)

// metadata is the field _aws of a line. It has one directive for the counter Rejected, if the line has it, and one for the other
// values, because their dimensions differ.
type metadata struct {
	at     time.Time
	values []Value
}

// MarshalJSON makes {"Timestamp":1,"CloudWatchMetrics":[{"Namespace":"","Dimensions":[["Pattern"]],"Metrics":[{"Name":"","Unit":""}]}]}.
// Names, units and reasons are constants without characters that JSON escapes.
func (m metadata) MarshalJSON() ([]byte, error) {
	b := make([]byte, 0, 512)
	b = append(b, `{"Timestamp":`...)
	b = strconv.AppendInt(b, m.at.UnixMilli(), 10)
	b = append(b, `,"CloudWatchMetrics":[`...)
	b = appendDirective(b, `["Pattern"]`, m.values, func(v Value) bool { return v.reason == "" })
	b = appendDirective(b, `["Pattern"],["Pattern","Reason"]`, m.values, func(v Value) bool { return v.reason != "" && v.reason.accepted() })
	b = appendDirective(b, `["Pattern","Reason"]`, m.values, func(v Value) bool { return v.reason != "" && !v.reason.accepted() })
	return append(b, "]}"...), nil
}

// appendDirective appends a directive for the values that are in it, if there are any.
func appendDirective(b []byte, dimensions string, values []Value, in func(Value) bool) []byte {
	separator := `{"Namespace":"` + Namespace + `","Dimensions":[` + dimensions + `],"Metrics":[`
	found := false
	for _, v := range values {
		if !in(v) {
			continue
		}
		if !found && b[len(b)-1] == '}' {
			b = append(b, ',')
		}
		found = true
		b = append(b, separator...)
		b = append(b, `{"Name":"`...)
		b = append(b, v.name...)
		b = append(b, `","Unit":"`...)
		b = append(b, v.unit...)
		b = append(b, `"}`...)
		separator = ","
	}
	if found {
		b = append(b, "]}"...)
	}
	return b
}
