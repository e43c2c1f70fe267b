package components_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/components"
)

// chartsOf returns the charts of a pattern's dashboard: the metrics by title, in the format of alarmsOf.
func chartsOf(t *testing.T, pattern string, c *cloud) map[string][]string {
	t.Helper()
	charts := map[string][]string{}
	for _, w := range c.document(t, dashboardType, pattern, "dashboardBody")["widgets"].([]any) {
		widget := w.(map[string]any)
		properties := widget["properties"].(map[string]any)
		if widget["type"] != "metric" {
			continue
		}
		has(t, properties, map[string]any{"region": "eu-west-1", "view": "timeSeries", "period": 60.0})
		for _, m := range properties["metrics"].([]any) {
			series := m.([]any)
			options := series[len(series)-1].(map[string]any)
			require.NotEmpty(t, options["label"])
			text := fmt.Sprintf("%s %s %s", series[0], series[1], options["stat"])
			for i := 2; i < len(series)-1; i += 2 {
				text += fmt.Sprintf(" %s=%s", series[i], series[i+1])
			}
			charts[properties["title"].(string)] = append(charts[properties["title"].(string)], text)
		}
	}
	return charts
}

func TestTheDashboardShowsAllAlarmsAndWhatTheyWatch(t *testing.T) {
	each(t, common{auth: tokens}, func(t *testing.T, pattern string, c *cloud) {
		has(t, c.inputs(t, dashboardType, pattern), map[string]any{"dashboardName": "project-stack-" + pattern})
		shown := map[string]bool{}
		for _, metrics := range chartsOf(t, pattern, c) {
			for _, m := range metrics {
				require.False(t, shown[m], "%s is shown twice", m)
				shown[m] = true
			}
		}
		var arns []any
		for name, alarm := range alarmsOf(t, pattern, c) {
			arns = append(arns, "arn:metricalarm/"+pattern+"-"+name)
			for _, m := range alarm.metrics {
				require.Contains(t, shown, m, name)
			}
		}
		first := c.document(t, dashboardType, pattern, "dashboardBody")["widgets"].([]any)[0].(map[string]any)
		require.Equal(t, "alarm", first["type"])
		require.ElementsMatch(t, arns, first["properties"].(map[string]any)["alarms"])
		require.LessOrEqual(t, len(arns), 100) // of a widget
	})
}

func TestTheDashboardShowsOrdersFirst(t *testing.T) {
	c := checkerPipeline(t, nil)
	charts := chartsOf(t, "checker", c)
	of := func(name, statistic string) string {
		return "OrderPatterns " + name + " " + statistic + " Pattern=checker"
	}
	require.Equal(t, []string{of("Accepted", "Sum"), of("Shipped", "Sum"), of("Rejected", "Sum")}, charts["Orders per minute"])
	require.Contains(t, charts["Rejected orders per minute"], of("Rejected", "Sum")+" Reason=Stock")
	require.Equal(t, []string{of("SecondsToDone", "p50"), of("SecondsToDone", "p99"), of("SecondsPending", "Maximum")}, charts["Seconds until orders are done"])
	require.Len(t, charts["Functions: invocations per minute"], len(functions["checker"]))
	second := c.document(t, dashboardType, "checker", "dashboardBody")["widgets"].([]any)[1].(map[string]any)
	require.Equal(t, "Orders per minute", second["properties"].(map[string]any)["title"])
}

// A rule names 100 alarms, in 10,240 characters, and a widget shows 100: a component with many functions has more.
func TestManyFunctionsHaveMoreAlarmsThanARuleMayName(t *testing.T) {
	args, _ := pictures(t)
	one := args.Consumers["resize"]
	args.Consumers = map[string]components.Consumer{}
	for i := range 25 {
		args.Consumers[fmt.Sprintf("%s%d", strings.Repeat("f", 38), i+10)] = one
	}
	name := "pictures11" // the longest, beside functions of this length
	c := deploy(t, components.NewFanOut, name, args, nil)
	alarms, named := alarmNames(c, name), 0
	require.Greater(t, len(alarms), 100)
	for _, part := range []string{"-alarms-1", "-alarms-2"} {
		in := c.inputs(t, compositeType, name+part)
		require.Equal(t, "project-stack-"+name+part, in["alarmName"])
		terms := strings.Split(in["alarmRule"].(string), " OR ")
		require.LessOrEqual(t, len(terms), 100)
		require.LessOrEqual(t, len(in["alarmRule"].(string)), 10_240, "with names that are longer than the provider's")
		named += len(terms)
	}
	require.Equal(t, len(alarms), named)
	has(t, c.inputs(t, compositeType, name), map[string]any{
		"alarmName": "project-stack-" + name, "alarmRule": `ALARM("project-stack-pictures11-alarms-1") OR ALARM("project-stack-pictures11-alarms-2")`,
	})
	shown := 0
	for _, w := range c.document(t, dashboardType, name, "dashboardBody")["widgets"].([]any) {
		if widget := w.(map[string]any); widget["type"] == "alarm" {
			of := len(widget["properties"].(map[string]any)["alarms"].([]any))
			require.LessOrEqual(t, of, 100)
			shown += of
		}
	}
	require.Equal(t, len(alarms), shown)
}

// CloudWatch accepts names of 255 characters, and the provider does not make these unique.
func TestNamesInCloudWatchDifferBetweenStacks(t *testing.T) {
	c := &cloud{}
	project, stack, folder := strings.Repeat("p", 100), strings.Repeat("s", 95)+".main", inFolder(t)
	require.NoError(t, pulumi.RunErr(func(ctx *pulumi.Context) error {
		_, err := components.NewFanOut(ctx, strings.Repeat("n", 37), &components.FanOutArgs{Orders: &components.FanOutOrders{}, Authorizer: open, Common: folder})
		return err
	}, pulumi.WithMocks(project, stack, c)))
	name := strings.Repeat("n", 37)
	want := project + "-" + strings.ReplaceAll(stack, ".", "-") + "-" + name
	require.LessOrEqual(t, len(want), 255-len("/errors"))
	has(t, c.inputs(t, compositeType, name), map[string]any{"alarmName": want})
	has(t, c.inputs(t, dashboardType, name), map[string]any{"dashboardName": want})
	has(t, c.inputs(t, queryType, name+"-query-errors"), map[string]any{"name": want + "/errors"})
}

func TestTheLogLinesOfAnOrderAreASavedQuery(t *testing.T) {
	each(t, common{auth: tokens}, func(t *testing.T, pattern string, c *cloud) {
		groups := []any{"name:loggroup/" + pattern + "-api-access-logs", "name:loggroup/" + pattern + "-api-authorize-caller-logs"}
		for _, function := range functions[pattern] {
			groups = append(groups, "name:loggroup/"+pattern+"-"+function+"-logs")
		}
		for name, text := range map[string]string{
			"order":  `fields @timestamp, @log, level, message, outcome, error, requestId, traceId, @message | filter orderId = "ORDER-ID" | sort @timestamp asc | limit 1000`,
			"trace":  `fields @timestamp, @log, level, message, outcome, error, requestId, traceId, @message | filter traceId like "TRACE-ID" | sort @timestamp asc | limit 1000`,
			"errors": `filter ispresent(error) | stats count(*) as lines by @log, message, cause | sort lines desc`,
		} {
			in := c.inputs(t, queryType, pattern+"-query-"+name)
			has(t, in, map[string]any{"name": "project-stack-" + pattern + "/" + name, "queryString": text})
			require.ElementsMatch(t, groups, in["logGroupNames"])
			require.LessOrEqual(t, len(groups), 50) // of a query
		}
	})
}
