package provider

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// Checker collects what is wrong with a resource's inputs. It knows the paths of the values that are not known yet, in a preview.
type Checker struct {
	failures []*pulumirpc.CheckFailure
	unknown  map[string]bool
}

// Failf reports a property, by its path such as "scalingConfig.maximumConcurrency", that AWS would refuse.
func (c *Checker) Failf(property, format string, args ...any) {
	c.failures = append(c.failures, &pulumirpc.CheckFailure{Property: property, Reason: property + " " + fmt.Sprintf(format, args...)})
}

// Unknown returns whether a property's value, a part of it, or what it is a part of, is not known until the program is deployed.
func (c *Checker) Unknown(property string) bool {
	in := func(path, whole string) bool {
		rest, ok := strings.CutPrefix(path, whole)
		return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
	}
	for path := range c.unknown {
		if in(path, property) || in(property, path) {
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

// defaultsKey marks the inputs whose value the provider chose, as the AWS provider does in its state.
const defaultsKey = resource.PropertyKey("__defaults")

const suffixLength = 7

// AutoName is how a physical name is made: from the logical name, a hyphen and seven random hexadecimal digits, as the
// AWS provider does.
type AutoName struct {
	Property string // the input, nearly always "name"
	Max      int    // length limit of the whole name
	// Transform adapts the logical name, for example strings.ToLower for buckets. Nil leaves it.
	Transform func(string) string
}

// apply sets the physical name if the program does not: to the one that the resource has, or a new one.
func (a *AutoName) apply(c *Checker, r *pulumirpc.CheckRequest, olds, news resource.PropertyMap) {
	key := resource.PropertyKey(a.Property)
	if _, given := news[key]; given {
		return
	}
	name, had := olds[key]
	if !had || !a.isDefault(olds) {
		logical := r.GetName()
		if a.Transform != nil {
			logical = a.Transform(logical)
		}
		made, err := resource.NewUniqueName(r.GetRandomSeed(), logical+"-", suffixLength, a.Max, nil)
		if err != nil {
			c.Failf(a.Property, "%v", err)
			return
		}
		name = resource.NewStringProperty(made)
	}
	news[key] = name
	news[defaultsKey] = a.mark()
}

// mark is the value of defaultsKey in inputs whose name was made.
func (a *AutoName) mark() resource.PropertyValue {
	return resource.NewPropertyValue([]string{a.Property})
}

func (a *AutoName) isDefault(inputs resource.PropertyMap) bool {
	return inputs[defaultsKey].DeepEquals(a.mark())
}
