package logs_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/internal/cloudtest"
)

func TestFilterPatterns(t *testing.T) {
	c := newCloud(t)
	c.log(t, "s", "ERROR order 7", "order 8 stored", "error order 9", `{"level":"ERROR","order":"7"}`, `{"level":"INFO","details":{"quantity":2}}`)
	const info = `{"level":"INFO","details":{"quantity":2}}`
	for pattern, want := range map[string][]string{
		"":                       {"ERROR order 7", "order 8 stored", "error order 9", `{"level":"ERROR","order":"7"}`, info},
		"ERROR":                  {"ERROR order 7", `{"level":"ERROR","order":"7"}`},
		" order  ERROR ":         {"ERROR order 7", `{"level":"ERROR","order":"7"}`},
		`"order 8"`:              {"order 8 stored"},
		`"order 8" "8 st" o`:     {"order 8 stored"},
		`absent`:                 nil,
		`"level":`:               {},
		`?ERROR ?"error o"`:      {"ERROR order 7", "error order 9", `{"level":"ERROR","order":"7"}`},
		`?absent`:                nil,
		`?ERROR error`:           {},
		`-ERROR`:                 {},
		`{ $.level = "INFO" }`:   {info},
		`{$.details.quantity=2}`: {info},
		`{ ($.level = "INFO") && ($.details.quantity = 2) }`: {info},
		`{ $.level = "INFO" && $.details.quantity = 3 }`:     nil,
		`{ $.details.quantity = "2" }`:                       nil,
		`{ $.level.x = "INFO" }`:                             nil,
		`{ $.level != "INFO" }`:                              {},
		`{ $.level = "IN*" }`:                                {},
		`{ $.level = "INFO" || $.level = "ERROR" }`:          {},
		`{ $.level = "INFO"`:                                 {},
		`%order [78]%`:                                       {},
		`"open`:                                              {},
	} {
		in := &sdk.FilterLogEventsInput{FilterPattern: aws.String(pattern)}
		if want != nil && len(want) == 0 {
			in.LogGroupName = aws.String(group)
			_, err := c.client.FilterLogEvents(t.Context(), in)
			cloudtest.Refused(t, err, "InvalidParameterException")
			continue
		}
		require.Equal(t, want, c.filter(t, in), pattern)
	}
}
