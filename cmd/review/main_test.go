package main

import (
	"bytes"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/cmd/review/change"
	"github.com/order-patterns/order-patterns/cmd/review/page"
	"github.com/order-patterns/order-patterns/cmd/review/part"
	"github.com/order-patterns/order-patterns/cmd/review/permission"
)

func TestBadFlagsAreRefusedWithWhatIsAccepted(t *testing.T) {
	for text, args := range map[string][]string{
		`--fail-on: "replac" is not known; accepted are, separated by commas: replace`: {"--fail-on", "replac"},
		`--fail-on: "" is not known`:                                                                        {"--fail-on", "replace,"},
		`--fail-on: widen has no limit, got "widen=3"`:                                                      {"--fail-on", "widen=3"},
		`--fail-on: slower needs a percentage from 0% to 1000%, such as slower=10%, got "slower"`:           {"--fail-on", "slower"},
		`--fail-on: slower needs a percentage from 0% to 1000%, such as slower=10%, got "slower=10"`:        {"--fail-on", "replace,slower=10"},
		`--base "-x": a branch, a tag or a commit is expected`:                                              {"--base", "-x"},
		`--base "": a branch, a tag or a commit is expected`:                                                {"--base", ""},
		`--patterns "fanout,": names of patterns such as fanout, separated by commas, or all, are expected`: {"--patterns", "fanout,"},
		`--rounds must be 0, or from 8 to 25, got 7`:                                                        {"--rounds", "7"},
		`--rounds must be 0, or from 8 to 25, got 26`:                                                       {"--rounds", "26"},
		`--base "no-such-branch": there is no such commit in `:                                              {"--base", "no-such-branch"},
		`unknown flag: --fail`:                {"--fail", "replace"},
		`unknown command "main" for "review"`: {"main"},
	} {
		var stdout, stderr bytes.Buffer
		require.ErrorContains(t, run(t.Context(), nil, args, &stdout, &stderr), text)
		require.Empty(t, stdout.String())
	}
}

func TestConditionsThatAChangeMeets(t *testing.T) {
	harmless := &page.Review{Permissions: []permission.Difference{{}}}
	harmful := &page.Review{
		Changes:     change.Changes{Removed: []change.Resource{{Type: "aws:sqs/queue:Queue"}}},
		Permissions: []permission.Difference{{Widening: true}, {}},
		Parts:       []page.Part{{Section: part.Section{Met: map[string]float64{"slower": 0.12, "policy": 2}}}},
	}
	for _, c := range []struct{ failOn, met string }{
		{"", ""},
		{"replace", "--fail-on: replace: data of 1 resource(s) is at risk"},
		{"widen", "--fail-on: widen: 1 permission(s) wider"},
		{"policy", "--fail-on: policy: 2 new finding(s)"},
		{"slower=10%", "--fail-on: slower: by 12%, and 10% is allowed"},
		{"slower=15%", ""},
		{"widen, replace", "--fail-on: replace: data of 1 resource(s) is at risk; widen: 1 permission(s) wider"},
	} {
		conditions, err := parseFailOn(c.failOn)
		require.NoError(t, err)
		require.NoError(t, conditions.check(harmless))
		if c.met == "" {
			require.NoError(t, conditions.check(harmful))
			continue
		}
		var met *metError
		require.ErrorAs(t, conditions.check(harmful), &met)
		require.Equal(t, c.met, met.Error())
	}
}

func TestOrdersThatFailAreSlowerThanAnyLimit(t *testing.T) {
	conditions, err := parseFailOn("slower=1000%")
	require.NoError(t, err)
	require.EqualError(t, conditions.check(&page.Review{Parts: []page.Part{{Section: part.Section{Met: map[string]float64{"slower": math.Inf(1)}}}}}),
		"--fail-on: slower: orders fail")
}
