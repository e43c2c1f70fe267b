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
	// Count is how many values within the property differ, if they are not worth showing one by one. Else it is 0.
	Count int
}

// String is the property in Markdown.
func (p Property) String() string {
	switch {
	case p.Count == 1:
		return fmt.Sprintf("`%s`: 1 difference", p.Path)
	case p.Count > 0:
		return fmt.Sprintf("`%s`: %d differences", p.Path, p.Count)
	case p.Before == nil:
		return fmt.Sprintf("`%s`: added, %s", p.Path, Text(p.After))
	case p.After == nil:
		return fmt.Sprintf("`%s`: removed, was %s", p.Path, Text(p.Before))
	}
	if added, removed := only(p.After, p.Before), only(p.Before, p.After); len(added)+len(removed) > 0 {
		var parts []string
		if len(added) > 0 {
			parts = append(parts, "adds "+strings.Join(added, ", "))
		}
		if len(removed) > 0 {
			parts = append(parts, "removes "+strings.Join(removed, ", "))
		}
		return fmt.Sprintf("`%s`: %s", p.Path, strings.Join(parts, ", "))
	}
	before, after := difference(p.Before, p.After)
	return fmt.Sprintf("`%s`: %s → %s", p.Path, Text(before), Text(after))
}

// only returns the strings of a list that another list of strings lacks, as Markdown. It returns nothing for other values.
func only(list, other any) (texts []string) {
	values, isList := list.([]any)
	others, isOther := other.([]any)
	noText := func(v any) bool { _, text := v.(string); return !text }
	if !isList || !isOther || slices.ContainsFunc(values, noText) || slices.ContainsFunc(others, noText) {
		return nil
	}
	for _, v := range values {
		if !slices.Contains(others, v) {
			texts = append(texts, Text(v))
		}
	}
	return texts
}

// context is how much of a long text is shown before its first difference.
const context = 30

// difference cuts off what two long texts have in common at their beginning, so that what is shown differs.
func difference(before, after any) (any, any) {
	old, ok := before.(string)
	new, both := after.(string)
	if !ok || !both || len(old) <= textLimit && len(new) <= textLimit {
		return before, after
	}
	a, b := []rune(old), []rune(new)
	same := 0
	for same < min(len(a), len(b)) && a[same] == b[same] {
		same++
	}
	if same <= context {
		return old, new
	}
	return "…" + string(a[same-context:]), "…" + string(b[same-context:])
}

// Properties returns how two values differ. JSON in a text is compared as what it says.
func Properties(before, after any) []Property {
	var list []Property
	compare("", before, after, &list)
	// A dashboard names much of what the stack has. The resources themselves say what changes.
	var shown []Property
	drawing := Property{Path: "dashboardBody"}
	for _, p := range list {
		if strings.HasPrefix(p.Path, drawing.Path) {
			drawing.Count++
			continue
		}
		shown = append(shown, p)
	}
	if drawing.Count > 0 {
		shown = append(shown, drawing)
	}
	return shown
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
	// A list that has as many values as before is compared value by value. Another one is shown as a whole.
	if isOld && isNew && len(oldList) == len(newList) {
		for i := range oldList {
			compare(fmt.Sprintf("%s[%d]", path, i), oldList[i], newList[i], list)
		}
		return
	}
	*list = append(*list, Property{Path: path, Before: before, After: after})
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
