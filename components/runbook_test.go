package components_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// runbook is the page that the alarms link to.
func runbook(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../docs/operations.md")
	require.NoError(t, err)
	return string(text)
}

func TestEachAlarmSaysWhatToDo(t *testing.T) {
	const page = "https://github.com/order-patterns/order-patterns/blob/main/docs/operations.md#"
	anchors := map[string]bool{}
	for _, heading := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(runbook(t), -1) {
		slug := regexp.MustCompile(`[^a-z0-9 _-]`).ReplaceAllString(strings.ToLower(heading[1]), "")
		anchors[strings.ReplaceAll(slug, " ", "-")] = true
	}
	used := map[string]bool{}
	each(t, common{}, func(t *testing.T, _ string, c *cloud) {
		for key, r := range c.registered {
			if r.TypeToken != alarmType && r.TypeToken != compositeType {
				continue
			}
			description := r.Inputs.Mappable()["alarmDescription"].(string)
			require.LessOrEqual(t, len(description), 1024, key)
			means, anchor, ok := strings.Cut(description, " What to do: "+page)
			require.True(t, ok, key)
			require.Greater(t, len(means), 20, key)
			require.Contains(t, anchors, anchor, key)
			used[anchor] = true
		}
	})
	for anchor := range anchors {
		if strings.HasPrefix(anchor, "alarm-") {
			require.Contains(t, used, anchor, "a heading of no alarm")
		}
	}
}

// hasNoBuiltInFunction asserts that alarms of functions of the user's own do not name orders.
func TestAlarmDescriptionsNameOrdersForTheExample(t *testing.T) {
	each(t, common{}, func(t *testing.T, pattern string, c *cloud) {
		says := func(name string) any { return c.inputs(t, alarmType, pattern+"-"+name)["alarmDescription"] }
		require.Contains(t, says("api-errors"), "The API answered with a status from 500: orders may not have been accepted. What to do: ")
		if pattern == "orchestrator" {
			require.Contains(t, says("executions-timed-out"), "Executions of the state machine timed out: their orders are not in the failure queue. What to do: ")
		}
	})
}

// alarmRow is a row of the table of alarms: their keys, in which *queue* stands for any name, what raises them, and the paragraph.
type alarmRow struct {
	keys           *regexp.Regexp
	raised, anchor string
}

func alarmRows(t *testing.T) (rows []alarmRow) {
	t.Helper()
	_, table, _ := strings.Cut(runbook(t), "| alarm (key of the output `alarms`) |")
	table, _, _ = strings.Cut(table, "\n\n")
	for _, line := range regexp.MustCompile("(?m)^\\| ([*`].*) \\| (.*) \\| (.*) \\| \\[.*\\]\\(#(.*)\\) \\|$").FindAllStringSubmatch(table, -1) {
		require.Greater(t, len(line[3]), 7, "the cause in %s", line[0])
		keys := regexp.MustCompile(`\*[a-z]+\*`).ReplaceAllString(strings.ReplaceAll(line[1], "`", ""), ".+")
		rows = append(rows, alarmRow{regexp.MustCompile("^(" + strings.ReplaceAll(keys, ", ", "|") + ")$"), line[2], line[4]})
	}
	require.Equal(t, strings.Count(table, "\n|")-1, len(rows), "rows that are not read")
	return rows
}

func TestTheTableOfAlarmsAgreesWithThem(t *testing.T) {
	rows := alarmRows(t)
	used := map[string]bool{}
	each(t, common{auth: tokens}, func(t *testing.T, pattern string, c *cloud) {
		for _, r := range c.registered {
			if r.TypeToken != alarmType {
				continue
			}
			in, key := r.Inputs.Mappable(), strings.TrimPrefix(r.Name, pattern+"-")
			_, anchor, _ := strings.Cut(in["alarmDescription"].(string), "#")
			var found []alarmRow
			for _, row := range rows {
				if row.anchor == anchor && row.keys.MatchString(key) {
					found = append(found, row)
				}
			}
			require.Len(t, found, 1, "rows of %s", r.Name)
			used[anchor] = true
			threshold := in["threshold"].(float64)
			limits := []string{"over 80 % of the timeout"}
			if anchor != "alarm-function-duration" {
				limits = []string{fmt.Sprintf("over %g s", threshold), fmt.Sprintf("over %g s", threshold/1000)}
			}
			require.True(t, threshold == 0 || containsAny(found[0].raised, limits), "%s is raised above %g: %s", r.Name, threshold, found[0].raised)
		}
	})
	for _, row := range rows {
		require.Contains(t, used, row.anchor, "a row of no alarm")
	}
}

func containsAny(text string, of []string) bool {
	for _, s := range of {
		if strings.Contains(text, s) {
			return true
		}
	}
	return false
}
