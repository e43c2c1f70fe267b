package part

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/stretchr/testify/require"
)

func TestCostOfAnIdleMonth(t *testing.T) {
	alarm := func(name string) apitype.ResourceV3 {
		return state("aws:cloudwatch/metricAlarm:MetricAlarm", name, map[string]any{"metricName": "Errors"})
	}
	mapping := func(name string) apitype.ResourceV3 {
		return state("aws:lambda/eventSourceMapping:EventSourceMapping", name, map[string]any{"eventSourceArn": "arn:aws:sqs:us-east-1:1:q"})
	}
	board := state("aws:cloudwatch/dashboard:Dashboard", "checker", nil)
	for name, c := range map[string]struct {
		base, head []apitype.ResourceV3
		want       Section
	}{
		"same": {[]apitype.ResourceV3{alarm("fanout-a"), board}, []apitype.ResourceV3{alarm("fanout-a"), board},
			Section{Markdown: "A month in which nothing runs costs what it did: 3.10 dollars."}},
		"one is renamed": {[]apitype.ResourceV3{alarm("fanout-a"), board}, []apitype.ResourceV3{alarm("fanout-b"), board},
			Section{Markdown: "A month in which nothing runs costs what it did: 3.10 dollars."}},
		"a new consumer": {[]apitype.ResourceV3{alarm("fanout-a"), board}, []apitype.ResourceV3{alarm("fanout-a"), alarm("fanout-c"), alarm("fanout-b"), mapping("fanout-d"), board},
			Section{Summary: "idle month: +0.46 dollars", Markdown: "A month in which nothing runs costs 3.56 dollars, before 3.10 (list prices of us-east-1, 2026-11-26). What differs:\n\n" +
				"| pattern | what | before | after | difference |\n|---|---|--:|--:|--:|\n" +
				"| `fanout` | CloudWatch, alarm metric months: `fanout-b`, `fanout-c` | 0.00 | 0.20 | +0.20 |\n" +
				"| `fanout` | SQS, empty receives: `fanout-d` | 0.00 | 0.26 | +0.26 |\n" +
				"| `fanout` | in all | 0.10 | 0.56 | +0.46 |"}},
		"a pattern is removed": {[]apitype.ResourceV3{alarm("fanout-a"), board}, []apitype.ResourceV3{alarm("fanout-a")},
			Section{Summary: "idle month: -3.00 dollars", Markdown: "A month in which nothing runs costs 0.10 dollars, before 3.10 (list prices of us-east-1, 2026-11-26). What differs:\n\n" +
				"| pattern | what | before | after | difference |\n|---|---|--:|--:|--:|\n" +
				"| `checker` | CloudWatch, dashboard months: `checker` | 3.00 | 0.00 | -3.00 |\n" +
				"| `checker` | in all | 3.00 | 0.00 | -3.00 |"}},
	} {
		t.Run(name, func(t *testing.T) {
			part := &Cost{Load: &Load{}}
			require.NoError(t, part.Measure(t.Context(), Version{State: c.base}))
			require.NoError(t, part.Measure(t.Context(), Version{State: c.head}))
			section, err := part.Section(t.Context())
			require.NoError(t, err)
			require.Equal(t, c.want, section)
		})
	}
}
