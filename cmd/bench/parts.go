package main

import (
	"fmt"
	"slices"
	"strings"
)

// parts are what can be measured, in the order in which it is.
var parts = []string{"packages", "starts", "deploying", "fanout", "orchestrator", "eventstream", "checker", "batching"}

// parseParts reads names separated by commas; none means all.
func parseParts(text string) (chosen []string, err error) {
	if text == "" {
		return parts, nil
	}
	for name := range strings.SplitSeq(text, ",") {
		name = strings.TrimSpace(name)
		if !slices.Contains(parts, name) {
			return nil, fmt.Errorf("-only: there is no part %q; choose from %s", name, strings.Join(parts, ", "))
		}
		chosen = append(chosen, name)
	}
	return chosen, nil
}

// deployed is the config value pattern of what some parts need deployed; "" for nothing.
func deployed(chosen []string) string {
	var patterns []string
	for _, part := range chosen {
		switch part {
		case "packages", "starts":
			continue
		case "deploying":
			return "all"
		case "batching":
			part = "eventstream"
		}
		if !slices.Contains(patterns, part) {
			patterns = append(patterns, part)
		}
	}
	return strings.Join(patterns, ",")
}
