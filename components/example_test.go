package components_test

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sfn"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/order-patterns/order-patterns/components"
)

// A program that uses FanOut alone, for callers with tokens of an issuer, with another batch size for invoices than the default. Its main
// is pulumi.Run(program); this example runs without AWS.
func ExampleNewFanOut() {
	folder := examplePackages() // the folder that `make build` writes: build/arm64

	program := func(ctx *pulumi.Context) error {
		coffee, err := components.NewFanOut(ctx, "coffee", &components.FanOutArgs{
			Authorizer: components.JwtAuthorizer(pulumi.String("https://login.example.com/"), pulumi.String("coffee")),
			Common:     components.Common{Packages: folder},
			Orders: &components.FanOutOrders{
				InvoiceQueue: components.QueueSettings{BatchSize: pulumi.Int(10), MaxReceiveCount: pulumi.Int(8)},
			},
			Api: components.ApiSettings{AllowOrigin: pulumi.String("https://coffee.example.com")},
		})
		if err != nil {
			return err
		}
		ctx.Export("url", coffee.Url)
		ctx.Export("topic", coffee.TopicArn) // for other consumers

		coffee.Url.ApplyT(func(url string) error {
			_, err := fmt.Println("orders go to", url+"/order")
			return err
		})
		return nil
	}

	if err := exampleRun(program); err != nil {
		fmt.Println(err)
	}
	// Output:
	// orders go to https://stage/coffee-api/order
}

// A program with its own function behind an API that routes, validates, throttles and traces. Requests are signed, and the program exports
// the ARN of a route for the IAM policy of a role.
func ExampleNewOrderApi() {
	program := func(ctx *pulumi.Context) error {
		role, err := iam.NewRole(ctx, "greet", &iam.RoleArgs{AssumeRolePolicy: pulumi.String(`{
			"Version": "2012-10-17",
			"Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]
		}`)})
		if err != nil {
			return err
		}
		greet, err := lambda.NewFunction(ctx, "greet", &lambda.FunctionArgs{
			Runtime: lambda.RuntimeCustomAL2023,
			Handler: pulumi.String("bootstrap"),
			Code:    pulumi.NewFileArchive("greet.zip"),
			Role:    role.Arn,
		})
		if err != nil {
			return err
		}
		api, err := components.NewOrderApi(ctx, "greetings", &components.OrderApiArgs{
			Authorizer: components.IamAuthorizer(),
			Routes: []components.Route{{
				Method: "GET", Path: "/greeting",
				Function:  &components.FunctionTarget{Name: greet.Name, InvokeArn: greet.InvokeArn},
				Summary:   "Greets somebody",
				Query:     []components.Parameter{{Name: "name", Description: "Whom to greet", Required: true}},
				Responses: []components.Response{{Status: 200, Description: "The greeting"}},
			}},
			Settings: components.ApiSettings{RateLimit: pulumi.Int(10), BurstLimit: pulumi.Int(20)},
		})
		if err != nil {
			return err
		}
		_, err = iam.NewRolePolicy(ctx, "may-be-greeted", &iam.RolePolicyArgs{
			Role: pulumi.String("visitors"),
			Policy: pulumi.Sprintf(`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "%s"}]}`,
				api.RouteArns.MapIndex(pulumi.String("GET /greeting"))),
		})
		if err != nil {
			return err
		}
		api.Url.ApplyT(func(url string) error {
			_, err := fmt.Println("greetings come from", url+"/greeting?name=Ada")
			return err
		})
		return nil
	}

	if err := exampleRun(program); err != nil {
		fmt.Println(err)
	}
	// Output:
	// greetings come from https://stage/greetings/greeting?name=Ada
}

// A program that uses Orchestrator alone.
func ExampleNewOrchestrator() {
	folder := examplePackages() // the folder that `make build` writes: build/arm64

	program := func(ctx *pulumi.Context) error {
		coffee, err := components.NewOrchestrator(ctx, "coffee", &components.OrchestratorArgs{
			Authorizer: components.NoAuthorizer(),
			Common:     components.Common{Packages: folder},
			Orders: &components.OrchestratorOrders{
				Functions: map[string]components.Function{"store-order-task": {MemoryMB: pulumi.Int(512)}},
			},
			LogLevel: pulumi.String("ALL"),
		})
		if err != nil {
			return err
		}
		ctx.Export("topic", coffee.TopicArn) // for other subscribers

		pulumi.All(coffee.Url, coffee.StateMachineArn).ApplyT(func(v []any) error {
			_, err := fmt.Printf("orders go to %s/order\nand from there into %s\n", v...)
			return err
		})
		return nil
	}

	if err := exampleRun(program); err != nil {
		fmt.Println(err)
	}
	// Output:
	// orders go to https://stage/coffee-api/order
	// and from there into arn:aws:states:eu-west-1:123456789012:stateMachine:coffee
}

// A program that runs two functions one after another. If a picture cannot be indexed, its resized copies are deleted.
func ExampleNewOrchestrator_tasks() {
	function := func(handler string) components.Function {
		return components.Function{Code: pulumi.NewFileArchive("testdata"), Runtime: pulumi.String("python3.13"), Handler: pulumi.String(handler)}
	}
	program := func(ctx *pulumi.Context) error {
		deleteSizes := function("resize.undo")
		pictures, err := components.NewOrchestrator(ctx, "pictures", &components.OrchestratorArgs{
			Tasks: []components.Task{
				{Name: "resize", Function: function("resize.handler"), Compensate: &deleteSizes, Permanent: []string{"NotAPicture"}},
				{Name: "index", Function: function("index.handler")},
			},
			Start: &components.StartRoute{
				Path: "/pictures", IdPath: "$.id",
				Body: `{"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}`, BodyRules: "A picture has an id.",
			},
			Authorizer: components.IamAuthorizer(),
		})
		if err != nil {
			return err
		}
		pulumi.All(pictures.Url, pictures.FailureQueueUrl).ApplyT(func(v []any) error {
			_, err := fmt.Printf("pictures go to %s/pictures\nand what failed goes to %s\n", v...)
			return err
		})
		return nil
	}

	if err := exampleRun(program); err != nil {
		fmt.Println(err)
	}
	// Output:
	// pictures go to https://stage/pictures-api/pictures
	// and what failed goes to https://queue/pictures-failures
}

// A program with its own state machine behind an API, without a Lambda function. API Gateway refuses what the schema can express. The
// machine must refuse the rest.
func ExampleNewOrderApi_execution() {
	program := func(ctx *pulumi.Context) error {
		role, err := iam.NewRole(ctx, "parcels", &iam.RoleArgs{AssumeRolePolicy: pulumi.String(`{
			"Version": "2012-10-17",
			"Statement": [{"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}]
		}`)})
		if err != nil {
			return err
		}
		parcels, err := sfn.NewStateMachine(ctx, "parcels", &sfn.StateMachineArgs{
			RoleArn:    role.Arn,
			Definition: pulumi.String(`{"StartAt": "Sent", "States": {"Sent": {"Type": "Succeed"}}}`),
		})
		if err != nil {
			return err
		}
		api, err := components.NewOrderApi(ctx, "post-office", &components.OrderApiArgs{
			Authorizer: components.NoAuthorizer(),
			Routes: []components.Route{{
				Method: "POST", Path: "/parcel",
				Summary:   "Sends a parcel",
				Execution: &components.Execution{StateMachineArn: parcels.Arn, IdPath: "$.parcel.id"},
				Body: `{
					"type": "object", "required": ["parcel"],
					"properties": {"parcel": {
						"type": "object", "required": ["id", "grams"],
						"properties": {
							"id":    {"type": "string", "pattern": "^[A-Za-z0-9]{1,80}$"},
							"grams": {"type": "integer", "minimum": 1, "maximum": 30000}
						}
					}}
				}`,
				BodyRules: "A parcel has an id: 1 to 80 letters and digits; and grams: 1 to 30000.",
				Responses: []components.Response{
					{Status: 202, Description: "The parcel is on its way"}, {Status: 413, Description: "It is too large"},
					{Status: 500, Description: "It was not sent"}, {Status: 503, Description: "It was not sent; try again"},
				},
			}},
		})
		if err != nil {
			return err
		}
		api.Url.ApplyT(func(url string) error {
			_, err := fmt.Println("parcels go to", url+"/parcel")
			return err
		})
		return nil
	}

	if err := exampleRun(program); err != nil {
		fmt.Println(err)
	}
	// Output:
	// parcels go to https://stage/post-office/parcel
}

// A component refuses to deploy without its packages, and the error says what to do.
func ExampleNewFanOut_withoutPackages() {
	program := func(ctx *pulumi.Context) error {
		_, err := components.NewFanOut(ctx, "coffee", &components.FanOutArgs{
			Authorizer: components.NoAuthorizer(),
			Common:     components.Common{Packages: "/nowhere"},
			Orders:     &components.FanOutOrders{Functions: map[string]components.Function{"store-order": {MemoryMB: pulumi.Int(64)}}},
		})
		fmt.Println(err)
		return err
	}

	_ = exampleRun(program) // nothing was registered
	// Output:
	// order-patterns:components:FanOut "coffee": Orders.Functions.store-order.MemoryMB: must be from 128 to 10240, got 64
	// Common.Packages: no package at /nowhere/get-invoice.zip: run `make build`
	// Common.Packages: no package at /nowhere/get-order.zip: run `make build`
	// Common.Packages: no package at /nowhere/publish-order.zip: run `make build`
	// Common.Packages: no package at /nowhere/store-order.zip: run `make build`
	// Common.Packages: no package at /nowhere/write-invoice.zip: run `make build`
}
