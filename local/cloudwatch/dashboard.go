package cloudwatch

import (
	"encoding/json"
	"regexp"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/provider"
)

// DashboardArgs are the inputs of aws:cloudwatch/dashboard:Dashboard.
type DashboardArgs struct {
	DashboardName string `pulumi:"dashboardName,replace"`
	DashboardBody string `pulumi:"dashboardBody"` // JSON
	ARN           string `pulumi:"dashboardArn,output"`
}

var dashboardName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,255}$`)

func (s *Service) dashboardKind() provider.Kind {
	return provider.Kept(s.dashboards, func(in *DashboardArgs) string { return in.DashboardName }, provider.Object[DashboardArgs, DashboardArgs]{
		Type: "aws:cloudwatch/dashboard:Dashboard",
		Check: func(c *provider.Checker, in *DashboardArgs) {
			c.Match("dashboardName", &in.DashboardName, dashboardName, "1 to 255 letters, digits, - and _")
			c.Parse("dashboardBody", &in.DashboardBody, func(text string) error {
				return json.Unmarshal([]byte(text), &struct{ Widgets []json.RawMessage }{})
			})
		},
		Lock: &s.mu,
		// A dashboard's ARN has no Region.
		State: func(d *DashboardArgs) *DashboardArgs {
			state := *d
			state.ARN = account.GlobalARN("cloudwatch", "dashboard/"+d.DashboardName)
			return &state
		},
	})
}
