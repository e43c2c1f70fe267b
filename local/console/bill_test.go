package console_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

type cost struct {
	Service, Name string
	USD, Share    float64
}

type bill struct {
	Region, Date                          string
	Records                               int
	Services, Components                  []cost
	TotalUSD, PerMillionUSD, IdleMonthUSD float64
}

func TestTheBillIsOfTheTrafficOfTheLastMinutes(t *testing.T) {
	w := newWorld(t)
	s := w.shop(t)
	empty := get[bill](t, w, "/api/bill")
	require.Equal(t, "us-east-1", empty.Region)
	_, err := time.Parse(time.DateOnly, empty.Date)
	require.NoError(t, err)
	require.Zero(t, empty.TotalUSD)
	require.Zero(t, empty.PerMillionUSD)
	require.Empty(t, empty.Services)
	require.InDelta(t, 0.1+657_000*0.4e-6, empty.IdleMonthUSD, 1e-9, "an alarm, and the empty receives of a queue")

	s.place(t, 1)
	w.tell(t, "order-1", done)
	w.Clock.Advance(time.Minute)
	var b bill
	require.Eventually(t, func() bool { // until the last log lines have arrived
		before := b.TotalUSD
		b = get[bill](t, w, "/api/bill?minutes=5")
		return before == b.TotalUSD
	}, 20*time.Second, 300*time.Millisecond)
	require.Equal(t, 1, b.Records)
	require.InDelta(t, 1e6*b.TotalUSD, b.PerMillionUSD, 1e-6)
	sum, usd := 0.0, map[string]float64{}
	for i, c := range b.Services {
		usd[c.Service] = c.USD
		sum += c.Share
		require.InDelta(t, c.USD/b.TotalUSD, c.Share, 1e-9)
		require.True(t, i == 0 || c.USD <= b.Services[i-1].USD)
	}
	require.InDelta(t, 1, sum, 1e-9)
	require.InDelta(t, 3.5e-6, usd["API Gateway"], 1e-12)
	require.InDelta(t, 0.5e-6, usd["SNS"], 1e-12)
	require.InDelta(t, 2*0.4e-6, usd["SQS"], 1e-12, "one to receive and one to delete; SNS pays for none")
	require.Positive(t, usd["Lambda"])
	require.Positive(t, usd["DynamoDB"])
	require.Positive(t, usd["CloudWatch Logs"])
	require.Equal(t, "shop", b.Components[0].Name)

	w.Clock.Advance(10 * time.Minute)
	later := get[bill](t, w, "/api/bill?minutes=5")
	require.Zero(t, later.Records)
	require.Zero(t, later.TotalUSD)
	require.InDelta(t, b.TotalUSD, get[bill](t, w, "/api/bill").TotalUSD, 1e-12)
	for _, minutes := range []string{"0", "1441", "x"} {
		status, body := ask(t, "GET", w.base+"/api/bill?minutes="+minutes, nil)
		require.Equal(t, 400, status)
		require.Contains(t, body, "minutes: must be a number from 1 to 1440")
	}
}
