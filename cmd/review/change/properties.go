package change

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Property is a difference of an input. Before is nil if it is new, After if it is gone.
type Property struct {
	Path          string // such as environment.variables.BUCKET_NAME
	Before, After any
}

// String is the property in Markdown.
func (p Property) String() string {
	switch {
	case p.Before == nil:
		return fmt.Sprintf("`%s`: added, %s", p.Path, Text(p.After))
	case p.After == nil:
		return fmt.Sprintf("`%s`: removed, was %s", p.Path, Text(p.Before))
	default:
		return fmt.Sprintf("`%s`: %s → %s", p.Path, Text(p.Before), Text(p.After))
	}
}

// Properties returns how two values differ. JSON in a text is compared as what it says.
func Properties(before, after any) []Property {
	var list []Property
	compare("", before, after, &list)
	return list
}

func compare(path string, before, after any, list *[]Property) {
	before, after = parsed(before), parsed(after)
	if reflect.DeepEqual(before, after) {
		return
	}
	old, oldMap := before.(map[string]any)
	new, newMap := after.(map[string]any)
	if oldMap && newMap {
		keys := map[string]bool{}
		for k := range old {
			keys[k] = true
		}
		for k := range new {
			keys[k] = true
		}
		for _, k := range slices.Sorted(maps.Keys(keys)) {
			compare(join(path, k), old[k], new[k], list)
		}
		return
	}
	oldList, isOld := before.([]any)
	newList, isNew := after.([]any)
	// A list of objects that has as many as before is compared one by one. Another one is shown as a whole.
	if isOld && isNew && len(oldList) == len(newList) && len(oldList) > 0 && composite(oldList[0]) {
		for i := range oldList {
			compare(fmt.Sprintf("%s[%d]", path, i), oldList[i], newList[i], list)
		}
		return
	}
	*list = append(*list, Property{Path: path, Before: before, After: after})
}

func composite(v any) bool {
	switch parsed(v).(type) {
	case map[string]any, []any:
		return true
	}
	return false
}

// join adds a key to a path. A key that is a path itself is quoted.
func join(path, key string) string {
	if strings.ContainsAny(key, "./[") {
		key = fmt.Sprintf("[%q]", key)
		return path + key
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

// textLimit is how much of a value is shown.
const textLimit = 100

// Text is a value in Markdown, on one line. Of a long one it is the beginning.
func Text(v any) string {
	switch v := v.(type) {
	case File:
		return fmt.Sprintf("a file with SHA-256 `%.8s…`", v.Hash)
	case Secret:
		return "a secret"
	case string:
		return code(v)
	default:
		text, err := json.Marshal(redact(v))
		if err != nil {
			return code(fmt.Sprint(v))
		}
		return code(string(text))
	}
}

// redact removes secrets from within a value.
func redact(v any) any {
	switch v := v.(type) {
	case Secret:
		return "a secret"
	case File:
		return fmt.Sprintf("%.8s…", v.Hash)
	case []any:
		list := make([]any, len(v))
		for i, e := range v {
			list[i] = redact(e)
		}
		return list
	case map[string]any:
		m := make(map[string]any, len(v))
		for k, e := range v {
			m[k] = redact(e)
		}
		return m
	default:
		return v
	}
}

// code is a text as a code span. A text with backticks needs more of them around it.
// https://spec.commonmark.org/0.31.2/#code-spans
func code(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if text == "" {
		return "`\"\"`"
	}
	if r := []rune(text); len(r) > textLimit {
		text = string(r[:textLimit]) + "…"
	}
	if strings.Contains(text, "`") {
		return "`` " + text + " ``"
	}
	return "`" + text + "`"
}
