package handlertest

// Fields returns some fields of a line of the log, or of the annotations of a span, as far as it has them.
func Fields(line map[string]any, names ...string) map[string]any {
	found := map[string]any{}
	for _, name := range names {
		if value, ok := line[name]; ok {
			found[name] = value
		}
	}
	return found
}
