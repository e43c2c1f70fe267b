package xray_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/xray"
)

func TestHeader(t *testing.T) {
	const root = "1-5759e988-bd862e3fe1be46a994272793"
	for text, want := range map[string]string{
		"Root=" + root + ";Parent=53995c3f42cd8ad8;Sampled=1": "Root=" + root + ";Parent=53995c3f42cd8ad8;Sampled=1",
		"Sampled=0; Root=" + root + ";Lineage=a:1":            "Root=" + root + ";Sampled=0",
		"Root=" + root + ";Parent=x;Sampled=?":                "Root=" + root + ";Sampled=0",
	} {
		h, ok := xray.ParseHeader(text)
		require.True(t, ok, text)
		require.Equal(t, want, h.String())
	}
	for _, text := range []string{"", "Root=", "Root=2-5759e988-bd862e3fe1be46a994272793", "Parent=53995c3f42cd8ad8;Sampled=1", "Root=1-5759E988-bd862e3fe1be46a994272793"} {
		_, ok := xray.ParseHeader(text)
		require.False(t, ok, text)
	}
}

func TestSampling(t *testing.T) {
	c := newCloud(t)
	first := c.service.Sample("")
	require.True(t, first.Sampled, "the first request of a second")
	parsed, ok := xray.ParseHeader(first.String())
	require.True(t, ok)
	require.Equal(t, first, parsed)
	require.Equal(t, fmt.Sprintf("1-%08x-", c.Clock.Now().Unix()), first.Root[:11])

	sampled := 0
	for range 20_000 {
		if c.service.Sample("").Sampled {
			sampled++
		}
	}
	require.InDelta(t, 1000, sampled, 200, "5% of the others; 200 is more than six standard deviations")

	c.Clock.Advance(time.Second)
	const root = "Root=1-5759e988-bd862e3fe1be46a994272793"
	require.Equal(t, root+";Parent=53995c3f42cd8ad8;Sampled=0", c.service.Sample(root+";Parent=53995c3f42cd8ad8;Sampled=0").String())
	require.Equal(t, root+";Sampled=1", c.service.Sample(root+";Sampled=1").String())
	require.Equal(t, root+";Sampled=1", c.service.Sample(root).String(), "undecided, and the first of this second that is")
	c.Clock.Advance(time.Second)
	require.True(t, c.service.Sample("").Sampled)
}
