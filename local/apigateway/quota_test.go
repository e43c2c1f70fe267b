package apigateway_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAQuotaStartsAgainInEachPeriod(t *testing.T) {
	for period, next := range map[string]func(time.Time) time.Time{
		"DAY": func(now time.Time) time.Time { return now.Truncate(24*time.Hour).AddDate(0, 0, 1) },
		"WEEK": func(now time.Time) time.Time {
			for now = now.Truncate(24*time.Hour).AddDate(0, 0, 1); now.Weekday() != time.Sunday; {
				now = now.AddDate(0, 0, 1)
			}
			return now
		},
		"MONTH": func(now time.Time) time.Time { return time.Date(now.Year(), now.Month()+1, 1, 0, 0, 0, 0, time.UTC) },
	} {
		t.Run(period, func(t *testing.T) {
			a := newCloud(t).deploy(t, keyed(t), nil)
			plan := a.plan(t, map[string]any{"quotaSettings": map[string]any{"limit": 2, "period": period}})
			_, key := a.key(t, plan)
			_, other := a.key(t, plan)
			until := func(at time.Time) { a.Clock.Advance(at.Sub(a.Clock.Now())) }
			for range 3 {
				require.Equal(t, []int{202, 202, 429}, a.statuses(t, status, key, 3))
				end := next(a.Clock.Now().UTC())
				until(end.Add(-time.Second))
				got := a.call(t, status, "", "x-api-key", key)
				require.JSONEq(t, `{"message":"Limit Exceeded","type":"QUOTA_EXCEEDED"}`, got.body)
				require.Equal(t, "LimitExceededException", got.header.Get("x-amzn-ErrorType"))
				require.Equal(t, []int{202, 202, 429}, a.statuses(t, status, other, 3), "each key has its own quota")
				until(end)
			}
		})
	}
}

func TestThrottledRequestsDoNotCount(t *testing.T) {
	a := newCloud(t).deploy(t, keyed(t), nil)
	_, key := a.key(t, a.plan(t, map[string]any{
		"quotaSettings": map[string]any{"limit": 2, "period": "MONTH"}, "throttleSettings": throttle(1, 1),
	}))
	require.Equal(t, []int{202, 429, 429}, a.statuses(t, status, key, 3))
	// Two seconds later could be another month.
	a.Clock.Advance(time.Second)
	require.Equal(t, 202, a.call(t, status, "", "x-api-key", key).status)
}

func TestAnUpdateKeepsTheCountUnlessThePeriodChanges(t *testing.T) {
	a := newCloud(t).deploy(t, keyed(t), nil)
	limit := func(n int, period string) map[string]any {
		return a.planInputs(map[string]any{"quotaSettings": map[string]any{"limit": n, "period": period}})
	}
	plan := a.plan(t, limit(2, "DAY"))
	_, key := a.key(t, plan)
	require.Equal(t, []int{202, 202, 429}, a.statuses(t, status, key, 3))
	require.NoError(t, a.Update(t, planType, plan, limit(3, "DAY")))
	require.Equal(t, []int{202, 429}, a.statuses(t, status, key, 2))
	require.NoError(t, a.Update(t, planType, plan, limit(1, "MONTH")))
	require.Equal(t, []int{202, 429}, a.statuses(t, status, key, 2))
	require.NoError(t, a.Update(t, planType, plan, a.planInputs(nil)))
	require.Equal(t, []int{202, 202}, a.statuses(t, status, key, 2))
}
