package logs_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/stretchr/testify/require"
)

func TestEventsPastRetentionAreRemoved(t *testing.T) {
	c := newCloud(t)
	require.NoError(t, c.Update(t, groupType, group, map[string]any{"name": group, "retentionInDays": 1}))
	c.log(t, "s", "old")
	c.Clock.Advance(23 * time.Hour)
	c.log(t, "s", "new")
	require.Equal(t, []string{"old", "new"}, c.filter(t, &sdk.FilterLogEventsInput{}))
	c.Clock.Advance(time.Hour)
	require.Equal(t, []string{"new"}, c.filter(t, &sdk.FilterLogEventsInput{}))
}

func TestAGroupKeepsItsNewestEvents(t *testing.T) {
	c := newCloud(t)
	line := strings.Repeat("x", 1<<20)
	for i := range 12 {
		c.log(t, fmt.Sprint("s", i%2), fmt.Sprintf("%02d%s", i, line))
	}
	var kept []string
	for _, m := range c.filter(t, &sdk.FilterLogEventsInput{}) {
		require.Len(t, m, 1<<20, "a message is cut")
		kept = append(kept, m[:2])
	}
	require.Equal(t, []string{"05", "06", "07", "08", "09", "10", "11"}, kept)
	out, err := c.client.DescribeLogGroups(t.Context(), &sdk.DescribeLogGroupsInput{})
	require.NoError(t, err)
	require.EqualValues(t, 7*(1<<20+26), *out.LogGroups[0].StoredBytes)
}
