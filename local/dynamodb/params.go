package dynamodb

import "slices"

// placeholders are what expressions may refer to.
type placeholders struct {
	ExpressionAttributeNames  map[string]string
	ExpressionAttributeValues Map
}

// conditional are the parameters of a write with a condition.
type conditional struct {
	placeholders
	ConditionExpression                 *string
	ReturnValuesOnConditionCheckFailure string
}

// enum refuses a value that is not allowed; none given is.
func enum(field, value string, allowed ...string) error {
	if value == "" || slices.Contains(allowed, value) {
		return nil
	}
	return invalid("%s must be one of %q, got %q", field, allowed, value)
}

func missing(field string) error { return invalid("%s is required", field) }
