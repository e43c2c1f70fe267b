package handlertest

// Fields returns the named fields of a log line, or of the annotations of a span. It omits missing ones.
func Fields(line map[string]any, names ...string) map[string]any {
	found := map[string]any{}
	for _, name := range names {
		if value, ok := line[name]; ok {
			found[name] = value
		}
	}
	return found
}
