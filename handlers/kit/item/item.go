// Package item writes and reads the items of DynamoDB tables.
//
// It does not use the SDK's feature/dynamodb/attributevalue, which works by reflection: numbers would pass through
// float64 or a type of its own, and a missing attribute would be read as a zero. Here a number is its exact text, and a
// missing or mistyped attribute is an error.
package item

import (
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

type (
	// Item is an item, its key, a map inside it, or the values of an expression.
	Item = map[string]types.AttributeValue
	// Value is the value of an attribute.
	Value = types.AttributeValue
)

// String is the value s, of type S.
func String(s string) Value { return &types.AttributeValueMemberS{Value: s} }

// Bool is the value b, of type BOOL.
func Bool(b bool) Value { return &types.AttributeValueMemberBOOL{Value: b} }

// Int is the value n, of type N.
func Int(n int64) Value { return Decimal(strconv.FormatInt(n, 10)) }

// Decimal is the number that s is in decimal notation, of type N.
func Decimal(s string) Value { return &types.AttributeValueMemberN{Value: s} }

// Map is the value m, of type M.
func Map(m Item) Value { return &types.AttributeValueMemberM{Value: m} }

// List is the value of type L with these elements.
func List(elements ...Value) Value {
	// Never nil: the SDK would leave the attribute out.
	return &types.AttributeValueMemberL{Value: append([]Value{}, elements...)}
}

// Strings is the list of these strings.
func Strings(all ...string) Value {
	elements := make([]Value, len(all))
	for i, s := range all {
		elements[i] = String(s)
	}
	return List(elements...)
}
