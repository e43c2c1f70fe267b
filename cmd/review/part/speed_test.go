package part

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/cmd/review/change"
)

func TestFunctionIsSlowerOnlyWhereTheSpreadDoesNotExplainIt(t *testing.T) {
	ms := func(values ...int) (list []time.Duration) {
		for _, v := range values {
			list = append(list, time.Duration(v)*time.Millisecond)
		}
		return list
	}
	for _, c := range []struct {
		old, new []time.Duration
		by       float64
		verdict  string
	}{
		{ms(9, 10, 10, 10, 11), ms(19, 20, 20, 20, 21), 1, "**100 % slower**"},
		{ms(9, 10, 10, 10, 90), ms(9, 11, 11, 11, 11), 0.1, "**10 % slower**"},
		{ms(5, 8, 10, 12, 15), ms(5, 9, 12, 14, 18), 0, "within the spread"},
		{ms(20, 20, 20, 20, 20), ms(10, 10, 10, 10, 10), 0, "50 % faster"},
	} {
		by, verdict := compare(c.old, c.new)
		require.InDelta(t, c.by, by, 1e-9)
		require.Equal(t, c.verdict, verdict)
	}
}

func TestEnvironmentIsThatOfTheDeployedFunction(t *testing.T) {
	resources := []change.Resource{{Type: "aws:lambda/function:Function", Inputs: map[string]any{
		"s3Key": "project/local/fanout/get-order/0123.zip", "environment": map[string]any{"variables": map[string]any{"A": "b"}}}}}
	require.Equal(t, []string{"A=b"}, environment("get-order", resources))
	require.Nil(t, environment("order", resources))
}

func TestSameZipsAreNotStarted(t *testing.T) {
	s := &Speed{}
	for range 2 {
		project := t.TempDir()
		for _, dir := range []string{"handlers/functions/a", "build/local"} {
			require.NoError(t, os.MkdirAll(filepath.Join(project, dir), 0o755))
		}
		for _, name := range []string{"a", "left-over"} {
			require.NoError(t, os.WriteFile(filepath.Join(project, "build", "local", name+".zip"), []byte("zip"), 0o600))
		}
		require.NoError(t, s.Measure(t.Context(), Version{Project: project}))
	}
	require.Len(t, s.versions[0], 1)
	section, err := s.Section(t.Context())
	require.NoError(t, err)
	require.Equal(t, Section{Markdown: "The functions have the code that they had. Throughput and latency: not measured."}, section)
}
