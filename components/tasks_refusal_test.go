package components_test

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/order-patterns/order-patterns/components"
)

func TestTasksAreRefusedBeforeAnythingIsRegistered(t *testing.T) {
	type args = components.OrchestratorArgs
	tasks := func(n int) (list []components.Task) {
		for i := range n {
			list = append(list, components.Task{Name: "t" + strings.Repeat("x", i), Function: picture(3)})
		}
		return list
	}
	long := strings.Repeat("n", 41)
	for _, c := range []struct {
		name string
		edit func(*args)
		want []string
	}{
		{"neither tasks nor orders", func(a *args) { a.Tasks = nil }, []string{"Tasks: at least one is required without Orders", "Start: is accepted only with Tasks"}},
		{"both", func(a *args) { a.Common, a.Orders = inFolder(t), &components.OrchestratorOrders{} }, []string{"Tasks: must not be set with Orders"}},
		{"orders with a start", func(a *args) { a.Common, a.Tasks, a.Orders = inFolder(t), nil, &components.OrchestratorOrders{} }, []string{"Start: is accepted only with Tasks"}},
		{"names", func(a *args) { a.Tasks[0].Name, a.Tasks[1].Name, a.Tasks[2].Name = "", "1st", long },
			[]string{`Tasks[0].Name: a name must be a letter, and then letters, digits and hyphens, got ""`, `Tasks[1].Name: a name must be`, "Tasks[2].Name: a name must have at most 40 characters"}},
		{"a name twice", func(a *args) { a.Tasks[2].Name = "resize" }, []string{"Tasks[2].Name: has the same name as Tasks[0].Name", "Tasks[2].Compensate: has the same name as Tasks[0].Compensate"}},
		{"the name of a compensation", func(a *args) { a.Tasks[1].Name = "undo-resize" }, []string{"Tasks[1].Name: has the same name as Tasks[0].Compensate"}},
		{"the name of a route's function", func(a *args) {
			run := picture(3)
			a.Tasks[1].Name, a.Routes = "get-albums", []components.Route{{Method: "GET", Path: "/albums", Run: &run}}
		}, []string{"Routes[0].Run: has the same name as Tasks[1].Name"}},
		{"the name of a state", func(a *args) { a.Tasks[1].Name = "Notify" }, []string{`Tasks[1].Name: "Notify" is the name of a state that every machine has`}},
		{"no code", func(a *args) {
			a.Tasks[0].Function, a.Tasks[0].Compensate = components.Function{}, &components.Function{}
		},
			[]string{"Tasks[0].Function.Code: is required", "Tasks[0].Compensate.Code: is required"}},
		{"errors of Step Functions", func(a *args) { a.Tasks[0].Permanent = []string{"", "States.Timeout"} },
			[]string{`Tasks[0].Permanent[0]: must be the name of an error of the function, got ""`, `Tasks[0].Permanent[1]: must be the name of an error of the function, got "States.Timeout"`}},
		{"too many functions", func(a *args) { a.Tasks = tasks(29) }, []string{"Tasks: must have at most 28 functions, compensations included, got 29"}},
		{"tasks that do not fit into five minutes", func(a *args) { a.Express = true }, []string{"Tasks[0].Function.TimeoutSeconds: must be at most 46 with Express and this number of functions, got 60"}},
		{"a default that does not fit into five minutes", func(a *args) {
			a.Express, a.Tasks = true, tasks(20)
			a.Tasks[7].Function.TimeoutSeconds = nil
		}, []string{"Tasks[7].Function.TimeoutSeconds: must be at most 7 with Express and this number of functions, and is 10 by default"}},
		{"a start", func(a *args) {
			a.Start = &components.StartRoute{Method: "OPTIONS", Path: "pictures", Body: "[", BodyRules: `"`, IdPath: "id", AccountPath: "$.a[0]",
				Authorizer: components.AuthIam, Scopes: []string{"a b"}, RateLimit: pulumi.Int(0), BurstLimit: pulumi.Int(0)}
		}, []string{
			"Start.Method: must be one of", "Start.Path: must be like", "Start.Body: must be a JSON schema", "Start.BodyRules: must have", `Start.IdPath: must be a path such as $.order.orderid, got "id"`,
			`Start.AccountPath: must be a path`, "Start.Scopes: are accepted only with jwt", "Start.Scopes[0]: must be", "Start.RateLimit: must be from 1", "Start.BurstLimit: must be from 1",
		}},
		{"a start without a body", func(a *args) { a.Start.Body = "" }, []string{"Start.Body: is required, so that only JSON starts an execution"}},
		{"a route that is the start", func(a *args) {
			run := picture(3)
			a.Routes = []components.Route{{Method: "POST", Path: "/pictures", Run: &run}}
		}, []string{"Routes[0]: POST /pictures matches the same requests as Start"}},
		{"what the API would refuse of another route", func(a *args) {
			run := picture(3)
			a.Routes = []components.Route{{Method: "GET", Path: "/albums", Run: &run, RateLimit: pulumi.Int(0), Authorizer: components.AuthIam, Scopes: []string{"read"}}}
		}, []string{"Routes[0].RateLimit: must be from 1", "Routes[0].Scopes: are accepted only with jwt"}},
		{"an API without an authorizer", func(a *args) { a.Authorizer = components.Authorizer{} }, []string{"Authorizer.Kind: is required"}},
		{"an authorizer without an API", func(a *args) { a.Start = nil }, []string{"Authorizer: is accepted only with Routes or Orders"}},
		{"a variable of the component", func(a *args) {
			a.Tasks[0].Function.Environment = pulumi.StringMap{"STATE_MACHINE_ARN": pulumi.String("x")}
		}, []string{"Tasks[0].Function.Environment: STATE_MACHINE_ARN is set by the component"}},
		{"everything at once", func(a *args) {
			a.Tasks[0].Name, a.Tasks[1].Function, a.Tasks[2].Permanent, a.Start.Path, a.LogLevel = "", components.Function{}, []string{""}, "", pulumi.String("x")
		}, []string{"Tasks[0].Name", "Tasks[1].Function.Code", "Tasks[2].Permanent[0]", "Start.Path", "LogLevel"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := pictureArgs()
			c.edit(a)
			refuses(t, components.NewOrchestrator, "Orchestrator", "pictures", a, c.want)
		})
	}
}
