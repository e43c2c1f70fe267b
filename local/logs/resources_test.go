package logs_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLogGroupLifecycle(t *testing.T) {
	c := newCloud(t)
	id, state := c.MustDeploy(t, groupType, map[string]any{"tags": map[string]any{"a": "b"}})
	require.Regexp(t, `^Logical-[0-9a-f]{7}$`, id)
	require.Equal(t, "arn:aws:logs:us-east-1:123456789012:log-group:"+id, state["arn"])
	require.Equal(t, state, c.Read(t, groupType, id))
	_, _, err := c.Deploy(t, groupType, map[string]any{"name": id})
	require.ErrorContains(t, err, "ResourceAlreadyExistsException")
	require.NoError(t, c.Delete(t, groupType, id))
	require.Nil(t, c.Read(t, groupType, id))
	require.ErrorContains(t, c.Update(t, groupType, id, map[string]any{"name": id}), "ResourceNotFoundException")

	for property, value := range map[string]any{
		"retentionInDays": 8, "name": "a b", "logGroupClass": "INFREQUENT_ACCESS", "namePrefix": "a", "skipDestroy": true,
	} {
		failures := c.Check(t, groupType, map[string]any{property: value}).GetFailures()
		require.Len(t, failures, 1, property)
		require.Equal(t, property, failures[0].GetProperty())
	}
}
