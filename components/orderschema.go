package components

import (
	"fmt"
	"math"
	"strconv"

	"github.com/order-patterns/order-patterns/order/coffee"
	"github.com/order-patterns/order-patterns/order/money"
)

// orderSchema is the full JSON schema of an order, of draft 4, for an API with no function between API Gateway and what
// processes the order. Package order/coffee accepts everything that the schema accepts, with two exceptions that a schema
// cannot express: a key that occurs twice, of which API Gateway passes on the last; and half a surrogate pair in a text.
// The schema alone refuses an offset from UTC in the years 0000 and 9999, because the date in UTC may then have a year of
// other than four digits.
//
// It uses what API Gateway supports, https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html:
// minItems and maxItems are ignored in imported models, so an array is given by enum. Patterns are ECMA 262 there and
// RE2 in Go; these mean the same in both.
func orderSchema() object {
	details := object{
		"description": "What was ordered",
		"type":        "object",
		"properties": object{
			"coffeetype": textSchema("Such as latte"),
			"coffeesize": textSchema("Such as large"),
			"unitprice":  priceSchema(),
			"quantity": object{
				"description": fmt.Sprintf("A whole number from 1 to %d", coffee.MaxQuantity),
				// In draft 4, 2.0 is not an integer.
				"type": "number", "multipleOf": 1, "minimum": 1, "maximum": coffee.MaxQuantity,
			},
		},
		"additionalProperties": false,
	}
	return object{
		"description": "The request to place an order, or to complete it",
		"type":        "object",
		"properties": object{"order": object{
			"description": "The order. A new one has city, and details with all four of their properties",
			"type":        "object",
			"properties": object{
				"accountid": idSchema("The customer", coffee.MaxID),
				"vendorid":  idSchema("The shop, at which a customer has one active order", coffee.MaxID),
				"orderid":   idSchema("Chosen by the client, so that a repeated request is known as such; assigned if absent", coffee.MaxOrderID),
				"orderdate": dateSchema(),
				"city":      textSchema("Where the shop is"),
				"details":   details,
				"eventtype": eventSchema("What happened: the order is new, which is the default, or it was picked up",
					coffee.NewOrder, coffee.OrderCompleted),
			},
			"required":             []string{"accountid", "vendorid", "orderdate"},
			"additionalProperties": false,
			"anyOf": []object{
				{
					"required": []string{"city", "details"},
					"properties": object{
						"details": object{"required": []string{"coffeetype", "coffeesize", "unitprice", "quantity"}},
					},
				},
				{
					"required":   []string{"eventtype"},
					"properties": object{"eventtype": eventSchema("It was picked up", coffee.OrderCompleted)},
				},
			},
		}},
		"required":             []string{"order"},
		"additionalProperties": false,
	}
}

func idSchema(description string, length int) object {
	return object{
		"description": fmt.Sprintf("%s: 1 to %d letters, digits, dots (not two in a row), underscores and hyphens", description, length),
		"type":        "string", "minLength": 1, "maxLength": length, "pattern": coffee.IDPattern,
	}
}

const (
	// blank is Unicode's white space without control characters. A text must have another character.
	blank = " \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
	// noText are the characters that a text must not hold: control characters, and the one that stands for what could
	// not be decoded. \x is the only escape that ECMA 262 and RE2 share; so the last is there as it is.
	noText = `\x00-\x1f\x7f-\x9f` + "\ufffd"
)

func textSchema(description string) object {
	return object{
		"description": fmt.Sprintf("%s: 1 to %d characters, not all blank, without control characters", description, coffee.MaxText),
		"type":        "string", "minLength": 1, "maxLength": coffee.MaxText,
		"pattern": "^[" + blank + "]*[^" + blank + noText + "][^" + noText + "]*$",
	}
}

// eventSchema is an array of one of the types.
func eventSchema(description string, types ...coffee.EventType) object {
	arrays := make([][]coffee.EventType, len(types))
	for i, t := range types {
		arrays[i] = []coffee.EventType{t}
	}
	return object{
		"description": description,
		"type":        "array", "items": object{"type": "string", "enum": types}, "enum": arrays,
	}
}

// priceSchema relies on MaxUnitPrice being a power of ten: a smaller price has fewer digits.
func priceSchema() object {
	digits := len(strconv.Itoa(coffee.MaxUnitPrice)) - 1
	text := fmt.Sprintf(`^(0*[0-9]{1,%d}(\.[0-9]{1,%d}0*)?|0*%d(\.0+)?|-0+(\.0+)?)$`, digits, money.Places, coffee.MaxUnitPrice)
	return object{
		"description": fmt.Sprintf("Of one piece: a number, or a decimal number as a string, from 0 to %d with at most %d decimal places",
			coffee.MaxUnitPrice, money.Places),
		"anyOf": []object{
			{"type": "number", "minimum": 0, "maximum": coffee.MaxUnitPrice, "multipleOf": math.Pow10(-money.Places)},
			{"type": "string", "pattern": text},
		},
	}
}

// The parts of a date's pattern.
const (
	dayPattern = `([0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))` +
		`|([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29)`
	hourPattern = `([01][0-9]|2[0-3]):[0-5][0-9]`
	timePattern = hourPattern + `:[0-5][0-9](\.[0-9]+)?`
	// innerYearPattern is any year but the first and the last of four digits.
	innerYearPattern = `(000[1-9]|00[1-9][0-9]|0[1-9][0-9]{2}|[1-8][0-9]{3}|9[0-8][0-9]{2}|99[0-8][0-9]|999[0-8])`
)

func dateSchema() object {
	return object{
		"description": "When it happened, which tells the newer of two orders: RFC 3339, or YYYY-MM-DD HH:MM:SS[.ffffff] in UTC",
		"type":        "string",
		"pattern":     "^" + dayPattern + "( " + timePattern + "|T" + timePattern + "(Z|[+-]" + hourPattern + "))$",
		"anyOf": []object{
			{"pattern": "^" + innerYearPattern},
			{"pattern": "Z$"},
			{"pattern": " "},
		},
	}
}
