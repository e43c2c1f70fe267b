package strictjson

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Fault is an error in a document: its place, and the problem.
type Fault struct {
	Path    string // JSON path, such as order.details.quantity; "body" for the document as a whole
	Problem string // such as "must be an integer from 1 to 10000, got 0"
}

// Presence says whether a field is required.
type Presence bool

// The values of Presence.
const (
	Required Presence = true
	Optional Presence = false
)

// Reader reads the fields of a document that Decode decoded, and collects all faults. The zero value is ready to use.
type Reader struct {
	Faults []Fault
}

// Fault records a problem at path.
func (r *Reader) Fault(path, problem string) {
	r.Faults = append(r.Faults, Fault{Path: path, Problem: problem})
}

// Faultf is Fault with a format.
func (r *Reader) Faultf(path, format string, args ...any) {
	r.Fault(path, fmt.Sprintf(format, args...))
}

// Object returns the fields of v, which must be an object without fields other than known. It returns nil if v is not an object.
func (r *Reader) Object(v any, path string, known ...string) map[string]any {
	fields, ok := v.(map[string]any)
	if !ok {
		r.Faultf(path, "must be an object, got %s", Show(v))
		return nil
	}
	var unknown []string
	for name := range fields {
		if !slices.Contains(known, name) {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	for _, name := range unknown {
		r.Faultf(path, "has an unknown field %s (known: %s)", Show(name), strings.Join(known, ", "))
	}
	return fields
}

// Field returns the field name of the object at path, and whether it is present.
func (r *Reader) Field(fields map[string]any, path, name string, need Presence) (any, bool) {
	v, found := fields[name]
	if !found && need == Required {
		r.Fault(Join(path, name), "is missing")
	}
	return v, found
}

// String returns a field that must be a string. ok is false if the field is missing or not a string.
func (r *Reader) String(fields map[string]any, path, name string, need Presence) (s string, ok bool) {
	v, found := r.Field(fields, path, name, need)
	if !found {
		return "", false
	}
	if s, ok = v.(string); !ok {
		r.Faultf(Join(path, name), "must be a string, got %s", Show(v))
	}
	return s, ok
}

// Join returns the path of the field name of the object at path; "" is the path of the document.
func Join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// Show formats a JSON value for an error message: the kind of an object or array, the shortened text of any other value.
func Show(v any) string {
	switch v := v.(type) {
	case map[string]any:
		return "an object"
	case []any:
		return "an array"
	case string:
		// Quoted as JSON, so that control characters are visible.
		quoted, err := json.Marshal(Clip(v))
		if err != nil {
			return "a string"
		}
		return string(quoted)
	case nil:
		return "null"
	default:
		return Clip(fmt.Sprint(v))
	}
}
