package components_test

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/components"
)

func TestAFanOutRefusesInvalidOwnFunctions(t *testing.T) {
	type args = components.FanOutArgs
	orders := func(a *args) { a.Orders, a.Common = &components.FanOutOrders{}, inFolder(t) }
	consumer := func(name string) func(*args) {
		return func(a *args) { a.Consumers[name] = components.Consumer{Function: own(t)} }
	}
	resize := func(edit func(*components.Consumer)) func(*args) {
		return func(a *args) {
			c := a.Consumers["resize"]
			edit(&c)
			a.Consumers["resize"] = c
		}
	}
	for _, c := range []struct {
		name string
		edit func(*args)
		want []string
	}{
		{"nothing to run", func(a *args) { *a = args{} }, []string{"Consumers: at least one is required without Orders"}},
		{"routes alone", func(a *args) { a.Consumers = nil }, []string{"Consumers: at least one is required without Orders"}},
		{"no authorizer of an API", func(a *args) { a.Authorizer = components.Authorizer{} }, []string{"Authorizer.Kind: is required"}},
		{"an authorizer without an API", func(a *args) { a.Routes = nil }, []string{"Authorizer: is accepted only with Routes or Orders"}},
		{"settings of an API that there is none of", func(a *args) {
			a.Routes, a.Authorizer, a.Api.RateLimit = nil, components.Authorizer{}, pulumi.Int(5)
		}, []string{"Api: is accepted only with Routes or Orders"}},
		{"a consumer without code", resize(func(c *components.Consumer) { c.Function.Code = nil }), []string{"Consumers.resize.Function.Code: is required"}},
		{"an unknown built-in function", func(a *args) {
			orders(a)
			a.Orders.Functions = map[string]components.Function{"save-order": {}}
		}, []string{`Orders.Functions: unknown function "save-order", must be one of publish-order, store-order, write-invoice, get-order, get-invoice`}},
		{"the name of a built-in function", func(a *args) { orders(a); consumer("store-order")(a) }, []string{"Consumers.store-order: has the same name as Orders.Functions.store-order"}},
		{"the name of the function of a route", consumer("post-picture"), []string{"Routes[0].Run: has the same name as Consumers.post-picture"}},
		{"the name of the API", consumer("api"), []string{`Consumers.api: the name "api" is reserved for the component itself`}},
		{"a name of the API's log group", consumer("api-access"), []string{`the name "api-access" is reserved for the component itself`}},
		{"the name of the table", func(a *args) { orders(a); consumer("orders")(a) }, []string{"Consumers.orders: has the same name as a table of Orders"}},
		{"the name of another's dead letters", consumer("resize-dead-letters"), []string{`the name "resize-dead-letters" is reserved for the component itself`}},
		{"the name of another's failures", consumer("resize-failures"), []string{`the name "resize-failures" is reserved for the component itself`}},
		{"a name with other characters", consumer("re_size"), []string{`Consumers.re_size: a name must be a letter, and then letters, digits and hyphens, got "re_size"`}},
		{"a filter that is no object", resize(func(c *components.Consumer) { c.FilterPolicy = pulumi.String(`["picture"]`) }),
			[]string{`Consumers.resize.FilterPolicy: must be a JSON object, got "[\"picture\"]"`}},
		{"a scope without a filter", resize(func(c *components.Consumer) { c.FilterPolicyScope = pulumi.String("MessageBody") }),
			[]string{"Consumers.resize.FilterPolicyScope: is accepted only with FilterPolicy"}},
		{"an unknown scope", resize(func(c *components.Consumer) {
			c.FilterPolicy, c.FilterPolicyScope = pulumi.String(`{"a":["b"]}`), pulumi.String("Body")
		}), []string{`Consumers.resize.FilterPolicyScope: must be one of ["MessageAttributes" "MessageBody"], got "Body"`}},
		{"a queue", resize(func(c *components.Consumer) { c.Queue.BatchSize = pulumi.Int(0) }), []string{"Consumers.resize.Queue.BatchSize: must be from 1 to 10000, got 0"}},
		{"a variable of the place", resize(func(c *components.Consumer) {
			c.Function.Environment = pulumi.StringMap{"QUEUE_URL": pulumi.String("x"), "TABLE_NAME": pulumi.String("pictures")}
		}), []string{"Consumers.resize.Function.Environment: QUEUE_URL is set by the component"}},
		{"a route of Orders", func(a *args) {
			orders(a)
			a.Routes[1].Method, a.Routes[1].Path = "GET", "/order"
		}, []string{"Routes[1]: GET /order is a route of Orders"}},
		{"a route twice", func(a *args) { a.Routes[1] = a.Routes[0] }, []string{"Routes[1]: POST /picture matches the same requests as Routes[0]"}},
		{"a route's function without code", func(a *args) { a.Routes[0].Run = &components.Function{} }, []string{"Routes[0].Run.Code: is required"}},
		{"a route to nothing that publishes", func(a *args) { a.Routes[0].Run = nil }, []string{
			"Routes[0]: must have one of Run, Function and Execution, got 0", "Routes[0].Publishes: is accepted only with Run"}},
		{"an authorizer of a route", func(a *args) { a.Routes[0].Authorizer = "key" }, []string{`Routes[0].Authorizer: must be one of ["none" "iam" "jwt"], got "key"`}},
		{"tokens of a route without an issuer", func(a *args) { a.Routes[0].Authorizer, a.Common = components.AuthJwt, inFolder(t) },
			[]string{"Authorizer.Issuer: is required with jwt", "Authorizer.Audience: is required with jwt"}},
		{"scopes of a path that is also ours", func(a *args) {
			orders(a)
			a.Authorizer = tokens
			a.Routes[1].Path, a.Routes[1].Scopes = "/{proxy+}", []string{"read"}
		}, []string{"Routes[1].Scopes: must be empty: a request may also match GET /order of Orders, and a policy cannot distinguish them"}},
		{"a throttle of a route", func(a *args) { a.Routes[0].RateLimit = pulumi.Int(0) }, []string{"Routes[0].RateLimit: must be from 1 to 10000, got 0"}},
		{"a path too long for a name", func(a *args) {
			a.Routes[0].Run, a.Routes[0].Publishes = nil, false
			a.Routes[0].Path = "/" + strings.Repeat("p", 90)
			a.Routes[0].Function = &components.FunctionTarget{Name: pulumi.String("fn"), InvokeArn: pulumi.String("arn:fn")}
		},
			[]string{"name: no name is short enough: the name of a function, or the path of a route, is too long"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, _ := pictures(t)
			c.edit(a)
			refuses(t, components.NewFanOut, "FanOut", "pictures", a, c.want)
		})
	}
}

// The place of an own function sets few variables. The names of the others are free.
func TestAnOwnFunctionMaySetVariablesOfOtherPlaces(t *testing.T) {
	args, _ := pictures(t)
	resize := args.Consumers["resize"]
	resize.Function.Environment = pulumi.StringMap{"TABLE_NAME": pulumi.String("pictures"), "BUCKET_NAME": pulumi.String("thumbnails")}
	args.Consumers["resize"] = resize
	c := deploy(t, components.NewFanOut, "pictures", args, nil)
	has(t, variables(t, c, "pictures-resize"), map[string]any{"TABLE_NAME": "pictures", "BUCKET_NAME": "thumbnails"})
}

func TestAnEventStreamRefusesInvalidOwnFunctions(t *testing.T) {
	type args = components.EventStreamArgs
	reader := func(edit func(*components.Reader)) func(*args) {
		return func(a *args) {
			r := a.Readers["resize"]
			edit(&r)
			a.Readers["resize"] = r
		}
	}
	patterns := func(patterns ...string) func(*args) {
		return reader(func(r *components.Reader) { r.FilterPatterns = patterns })
	}
	const example = `must be a JSON object such as {"data":{"kind":["picture"]}}`
	for _, c := range []struct {
		name string
		edit func(*args)
		want []string
	}{
		{"nothing to run", func(a *args) { *a = args{} }, []string{"Readers: at least one is required without Orders"}},
		{"an authorizer without an API", func(a *args) { a.Routes = nil }, []string{"Authorizer: is accepted only with Routes or Orders"}},
		{"a reader without code", reader(func(r *components.Reader) { r.Function.Code = nil }), []string{"Readers.resize.Function.Code: is required"}},
		{"the name of a built-in function", func(a *args) {
			a.Orders, a.Common = &components.EventStreamOrders{}, inFolder(t)
			a.Readers["project-order"] = components.Reader{Function: own(t)}
		}, []string{"Readers.project-order: has the same name as Orders.Functions.project-order"}},
		{"the name of the stream", func(a *args) { a.Readers["events"] = components.Reader{Function: own(t)} }, []string{"Readers.events: has the same name as the stream"}},
		{"how it reads", reader(func(r *components.Reader) { r.Settings.ParallelizationFactor = pulumi.Int(11) }), []string{"Readers.resize.Settings.ParallelizationFactor: must be from 1 to 10, got 11"}},
		{"six filters", patterns("{}", "{}", "{}", "{}", "{}", "{}"), []string{"Readers.resize.FilterPatterns: must be at most 5, got 6"}},
		{"filters of something else than data", patterns(`["a"]`, `{"kind":["picture"]}`, `{"partitionKey":["a"]}`, `{"data":{"a":["b"]},"partitionKey":["a"]}`, `{"data":["a"]}`), []string{
			"Readers.resize.FilterPatterns[0]: " + example, "FilterPatterns[1]: " + example, "FilterPatterns[2]: " + example, "FilterPatterns[3]: " + example,
			"FilterPatterns[4]: " + example}},
		{"a variable of the place", reader(func(r *components.Reader) {
			r.Function.Environment = pulumi.StringMap{"FAILURES_URL": pulumi.String("x")}
		}),
			[]string{"Readers.resize.Function.Environment: FAILURES_URL is set by the component"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, a := pictures(t)
			c.edit(a)
			refuses(t, components.NewEventStream, "EventStream", "pictures", a, c.want)
		})
	}
}

func TestAnOrderApiHasNothingToPublishTo(t *testing.T) {
	run := own(t)
	refuses(t, components.NewOrderApi, "OrderApi", "pictures", &components.OrderApiArgs{
		Authorizer: open, Routes: []components.Route{{Method: "POST", Path: "/picture", Run: &run, Publishes: true}},
	}, []string{"Routes[0].Publishes: is not accepted: an OrderApi has nothing to publish to"})
}

func TestTheCallersArgumentsAreNotChanged(t *testing.T) {
	args, _ := pictures(t)
	code := args.Consumers["resize"].Function.Code
	deploy(t, components.NewFanOut, "pictures", args, nil)
	require.Equal(t, code, args.Consumers["resize"].Function.Code)
	require.Nil(t, args.Consumers["resize"].Function.MemoryMB)
	require.NotNil(t, args.Routes[0].Run)
	require.Nil(t, args.Routes[0].Run.MemoryMB)
}
