package console_test

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/console"
	"github.com/order-patterns/order-patterns/local/provider"
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

// charges is a meter that charges a dollar for each minute of the range and each table, and three for traces.
func charges(_ context.Context, config aws.Config, resources []provider.Resource, start, end time.Time) (*console.Charges, error) {
	c := &console.Charges{Region: config.Region, Date: "2026-11-26", IdleMonthUSD: 7, Traffic: []console.Charge{{Service: "X-Ray", Resource: "traces", USD: 3}}}
	for _, r := range resources {
		if r.Type == "aws:dynamodb/table:Table" {
			c.Traffic = append(c.Traffic, console.Charge{Service: "DynamoDB", Resource: r.Name, USD: end.Sub(start).Minutes()})
		}
	}
	return c, nil
}

func TestTheBillIsOfTheTrafficOfTheLastMinutes(t *testing.T) {
	w := newWorld(t)
	s := w.shop(t)
	require.Zero(t, get[bill](t, w, "/api/bill").PerMillionUSD, "without records")
	s.place(t, 1)
	w.tell(t, "order-1", done)
	require.Equal(t, bill{
		Region: "us-east-1", Date: "2026-11-26", Records: 1, TotalUSD: 8, PerMillionUSD: 8e6, IdleMonthUSD: 7,
		Services:   []cost{{Service: "DynamoDB", USD: 5, Share: 5.0 / 8}, {Service: "X-Ray", USD: 3, Share: 3.0 / 8}},
		Components: []cost{{Name: "shop", USD: 5, Share: 5.0 / 8}, {Name: "traces", USD: 3, Share: 3.0 / 8}},
	}, get[bill](t, w, "/api/bill?minutes=5"))
	w.Clock.Advance(10 * time.Minute)
	require.Zero(t, get[bill](t, w, "/api/bill?minutes=5").Records)
	for _, minutes := range []string{"0", "1441", "x"} {
		status, body := ask(t, "GET", w.base+"/api/bill?minutes="+minutes, nil)
		require.Equal(t, 400, status)
		require.Contains(t, body, "minutes: must be a number from 1 to 1440")
	}
}

func TestWithoutAMeterThereIsNoBill(t *testing.T) {
	_, _, base, _ := start(t)
	status, _ := ask(t, "GET", base+"/api/bill", nil)
	require.Equal(t, 404, status)
	_, settings := ask(t, "GET", base+"/api/settings", nil)
	require.Contains(t, settings, `"bill":false`)
}
