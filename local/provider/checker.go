package provider

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Checker collects what is wrong with a resource's inputs.
type Checker struct {
	failures []Failure
	unknown  map[string]bool
}

// Failf reports a property that AWS would refuse.
func (c *Checker) Failf(property, format string, args ...any) {
	c.failures = append(c.failures, Failure{Property: property, Reason: fmt.Sprintf(format, args...)})
}

// Unknown returns whether a property's value, or a part of it, is not known until the program is deployed.
func (c *Checker) Unknown(property string) bool {
	for path := range c.unknown {
		if rest, ok := strings.CutPrefix(path, property); ok && (rest == "" || rest[0] == '.' || rest[0] == '[') {
			return true
		}
	}
	return false
}

// Range reports an integer that is present and outside lo..hi.
func (c *Checker) Range(property string, v *int, lo, hi int) {
	if v != nil && (*v < lo || *v > hi) {
		c.Failf(property, "must be from %d to %d, got %d", lo, hi, *v)
	}
}

// OneOf reports a string that is present, known and not one of those accepted.
func (c *Checker) OneOf(property string, v *string, accepted ...string) {
	if v != nil && !c.Unknown(property) && !slices.Contains(accepted, *v) {
		c.Failf(property, "must be one of %q, got %q", accepted, *v)
	}
}

// Match reports a string that is present, known and does not match. want is the pattern in words, for example
// "1 to 80 letters and digits".
func (c *Checker) Match(property string, v *string, pattern *regexp.Regexp, want string) {
	if v != nil && !c.Unknown(property) && !pattern.MatchString(*v) {
		c.Failf(property, "must be %s, got %q", want, *v)
	}
}

// Parse reports a text that is present, known and refused by parse, for example a policy document.
func (c *Checker) Parse(property string, v *string, parse func(string) error) {
	if v == nil || c.Unknown(property) {
		return
	}
	if err := parse(*v); err != nil {
		c.Failf(property, "is not accepted: %v", err)
	}
}
