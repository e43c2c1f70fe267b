package components

import (
	"fmt"
	"strconv"

	"github.com/order-patterns/order-patterns/order/coffee"
	"github.com/order-patterns/order-patterns/order/money"
)

// orderSchema is a JSON schema of draft 4 for the order of an API that starts executions directly. It accepts every valid order. It refuses
// what can be expressed by the keywords that API Gateway supports in every model:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
//
// So it does not use additionalProperties, anyOf, oneOf, exclusiveMinimum, minItems, maxItems, multipleOf, or an enum of arrays. It does
// not detect an unknown field, a field that only a new order must have, a fraction in a quantity, the decimals of a price, an array of two
// event types, or a key that occurs twice. The function that stores the order validates all of it again. API Gateway's patterns are ECMA
// 262 and Go's are RE2; these mean the same in both.
func orderSchema() object {
	return object{
		"description": "The request to place an order, or to complete it. It has no other fields than these",
		"type":        "object",
		"properties": object{"order": object{
			"description": "The order. A new one has city, and details with all four of their properties",
			"type":        "object",
			"properties": object{
				"accountid": idSchema("The customer", coffee.MaxID),
				"vendorid":  idSchema("The shop, at which a customer has one active order", coffee.MaxID),
				"orderid":   idSchema("Chosen by the client; assigned if absent", coffee.MaxOrderID),
				"orderdate": dateSchema(),
				"city":      textSchema("Where the shop is"),
				"details": object{
					"description": "What was ordered",
					"type":        "object",
					"properties": object{
						"coffeetype": textSchema("Such as latte"),
						"coffeesize": textSchema("Such as large"),
						"unitprice":  priceSchema(),
						"quantity": object{
							"description": fmt.Sprintf("A whole number from 1 to %d", coffee.MaxQuantity),
							// In draft 4, 2.0 is not an integer.
							"type": "number", "minimum": 1, "maximum": coffee.MaxQuantity,
						},
					},
				},
				"eventtype": object{
					"description": "An array of one: the order is new, which is the default, or it was picked up",
					"type":        "array",
					"items":       object{"type": "string", "enum": []coffee.EventType{coffee.NewOrder, coffee.OrderCompleted}},
				},
			},
			"required": []string{"accountid", "vendorid", "orderdate"},
		}},
		"required": []string{"order"},
	}
}

func idSchema(description string, length int) object {
	return object{
		"description": fmt.Sprintf("%s: 1 to %d letters, digits, dots (not two in a row), underscores and hyphens", description, length),
		"type":        "string", "minLength": 1, "maxLength": length, "pattern": coffee.IDPattern,
	}
}

const (
	// blank is Unicode's white space without control characters. A text must contain another character.
	blank = " \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
	// noText are the characters that a text must not contain: control characters, and the replacement character, which stands for bytes
	// that could not be decoded. \x is the only escape that ECMA 262 and RE2 share, so the replacement character is not escaped.
	noText = `\x00-\x1f\x7f-\x9f` + "\ufffd"
)

func textSchema(description string) object {
	return object{
		"description": fmt.Sprintf("%s: 1 to %d characters, not all blank, without control characters", description, coffee.MaxText),
		"type":        "string", "minLength": 1, "maxLength": coffee.MaxText,
		"pattern": "^[" + blank + "]*[^" + blank + noText + "][^" + noText + "]*$",
	}
}

// priceSchema has no type, because a price may be a number or a string. The limits apply to a number, the pattern to a string. The pattern
// relies on MaxUnitPrice being a power of ten: a smaller price has fewer digits.
func priceSchema() object {
	digits := len(strconv.Itoa(coffee.MaxUnitPrice)) - 1
	return object{
		"description": fmt.Sprintf("Of one piece: a number, or a decimal number as a string, from 0 to %d with at most %d decimal places",
			coffee.MaxUnitPrice, money.Places),
		"minimum": 0, "maximum": coffee.MaxUnitPrice,
		"pattern": fmt.Sprintf(`^(0*[0-9]{1,%d}(\.[0-9]{1,%d}0*)?|0*%d(\.0+)?|-0+(\.0+)?)$`, digits, money.Places, coffee.MaxUnitPrice),
	}
}

// The parts of a date's pattern. The first day is accepted because of offsets from UTC: the date may be in the year 2000 in UTC.
const (
	dayPattern = `(1999-12-31|[2-9][0-9]{3}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))` +
		`|([2-9][0-9](0[48]|[2468][048]|[13579][26])|([2468][048]|[3579][26])00)-02-29)`
	hourPattern = `([01][0-9]|2[0-3]):[0-5][0-9]`
	timePattern = hourPattern + `:[0-5][0-9](\.[0-9]+)?`
)

func dateSchema() object {
	return object{
		"description": "When it happened, which tells the newer of two orders: RFC 3339, or YYYY-MM-DD HH:MM:SS[.ffffff] in UTC; " +
			"from 2000 on, and at most five minutes ahead of the clock",
		"type":    "string",
		"pattern": "^" + dayPattern + "( " + timePattern + "|T" + timePattern + "(Z|[+-]" + hourPattern + "))$",
	}
}
