package main

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/order-patterns/order-patterns/cmd/review/page"
)

// accepted says what --fail-on may be.
const accepted = "replace (a resource with data is replaced or removed), widen (a permission is wider), policy (a rule of the policy pack is " +
	"broken that was not before), slower=10% (a function starts, or orders are processed, slower by more than that, or not at all)"

// conditions are those of --fail-on, with their limits: a share for slower, else 0.
type conditions map[string]float64

// parseFailOn reads the flag.
func parseFailOn(text string) (conditions, error) {
	c := conditions{}
	if text == "" {
		return c, nil
	}
	var errs []error
	for _, entry := range strings.Split(text, ",") {
		name, value, limited := strings.Cut(strings.TrimSpace(entry), "=")
		switch {
		case !slices.Contains([]string{"replace", "widen", "policy", "slower"}, name):
			errs = append(errs, fmt.Errorf("--fail-on: %q is not known; accepted are, separated by commas: %s", entry, accepted))
			continue
		case name != "slower" && limited:
			errs = append(errs, fmt.Errorf("--fail-on: %s has no limit, got %q", name, entry))
			continue
		}
		c[name] = 0
		if name == "slower" {
			number, percent := strings.CutSuffix(value, "%")
			limit, err := strconv.ParseFloat(number, 64)
			if err != nil || !percent || !(limit >= 0 && limit <= 1000) {
				errs = append(errs, fmt.Errorf("--fail-on: slower needs a percentage from 0%% to 1000%%, such as slower=10%%, got %q", entry))
			}
			c[name] = limit / 100
		}
	}
	return c, errors.Join(errs...)
}

// metError reports the conditions of --fail-on that a change meets.
type metError struct{ reasons []string }

func (e *metError) Error() string { return "--fail-on: " + strings.Join(e.reasons, "; ") }

// check returns a *metError if the change meets a condition.
func (c conditions) check(r *page.Review) error {
	met := map[string]float64{}
	if n := len(r.Changes.Risks()); n > 0 {
		met["replace"] = float64(n)
	}
	if n := r.Widened(); n > 0 {
		met["widen"] = float64(n)
	}
	for _, p := range r.Parts {
		for name, amount := range p.Met {
			met[name] = max(met[name], amount)
		}
	}
	var reasons []string
	for _, name := range []string{"replace", "widen", "policy", "slower"} {
		limit, asked := c[name]
		if !asked || met[name] <= limit {
			continue
		}
		switch name {
		case "replace":
			reasons = append(reasons, fmt.Sprintf("replace: data of %.0f resource(s) is at risk", met[name]))
		case "widen":
			reasons = append(reasons, fmt.Sprintf("widen: %.0f permission(s) wider", met[name]))
		case "policy":
			reasons = append(reasons, fmt.Sprintf("policy: %.0f new finding(s)", met[name]))
		case "slower":
			if math.IsInf(met[name], 1) {
				reasons = append(reasons, "slower: orders fail")
				continue
			}
			reasons = append(reasons, fmt.Sprintf("slower: by %.0f%%, and %.0f%% is allowed", 100*met[name], 100*limit))
		}
	}
	if len(reasons) > 0 {
		return &metError{reasons}
	}
	return nil
}
