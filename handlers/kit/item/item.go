// Package item writes and reads the items of DynamoDB tables.
//
// It does not use the SDK's feature/dynamodb/attributevalue, which uses reflection. That package converts numbers to float64 or to its own
// type, and reads a missing attribute as a zero. Here a number is its exact text, and a missing or mistyped attribute is an error.
package item

import (
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

type (
	// Item is an item, a key, a map in an item, or the values of an expression.
	Item = map[string]types.AttributeValue
	// Value is the value of an attribute.
	Value = types.AttributeValue
)

// String returns a value of type S.
func String(s string) Value { return &types.AttributeValueMemberS{Value: s} }

// Bool returns a value of type BOOL.
func Bool(b bool) Value { return &types.AttributeValueMemberBOOL{Value: b} }

// Int returns a value of type N.
func Int(n int64) Value { return Decimal(strconv.FormatInt(n, 10)) }

// Decimal returns a value of type N. s is the number in decimal notation.
func Decimal(s string) Value { return &types.AttributeValueMemberN{Value: s} }

// Map returns a value of type M.
func Map(m Item) Value { return &types.AttributeValueMemberM{Value: m} }

// List returns a value of type L with these elements.
func List(elements ...Value) Value {
	// Never nil: the SDK would omit the attribute.
	return &types.AttributeValueMemberL{Value: append([]Value{}, elements...)}
}

// Strings returns a list of these strings.
func Strings(all ...string) Value {
	elements := make([]Value, len(all))
	for i, s := range all {
		elements[i] = String(s)
	}
	return List(elements...)
}
