package checker

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Check is the name of a check of an order.
type Check string

// The checks of every order.
const (
	Account Check = "account" // the customer can pay
	Stock   Check = "stock"   // all items are in stock
)

// MaxChecks is the largest number of checks of an order besides Account and Stock. Each one makes the conditions of a write longer.
// DynamoDB limits these to 4 KB: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
const MaxChecks = 20

// checkName matches the name of a checker of a CheckerPipeline.
var checkName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]*$`)

// ParseChecks parses the environment variable CHECKS: the names of the checks besides Account and Stock, separated by commas. It returns
// nil for "".
func ParseChecks(list string) ([]Check, error) {
	if list == "" {
		return nil, nil
	}
	var own []Check
	for name := range strings.SplitSeq(list, ",") {
		c := Check(name)
		switch {
		case !checkName.MatchString(name):
			return nil, fmt.Errorf("a name must be a letter, and then letters, digits and hyphens, got %q", name)
		case slices.Contains(Required(own), c):
			return nil, fmt.Errorf("has %q twice", name)
		}
		own = append(own, c)
	}
	if len(own) > MaxChecks {
		return nil, fmt.Errorf("must be at most %d names, got %d", MaxChecks, len(own))
	}
	return own, nil
}

// Required returns all checks: Account, Stock, and own.
func Required(own []Check) []Check { return append([]Check{Account, Stock}, own...) }

// oneOf formats checks for a message: "a", "b" or "c".
func oneOf(checks []Check) string {
	quoted := make([]string, len(checks))
	for i, c := range checks {
		quoted[i] = fmt.Sprintf("%q", c)
	}
	last := len(quoted) - 1
	return strings.Join(quoted[:last], ", ") + " or " + quoted[last]
}
