package components_test

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/order-patterns/order-patterns/components"
)

// A program of somebody else that uses FanOut alone, with its defaults but for the batches of its invoices. Its main
// is pulumi.Run(program); here no AWS is behind it.
func ExampleNewFanOut() {
	folder := examplePackages() // where `make build` leaves them: build/arm64

	program := func(ctx *pulumi.Context) error {
		coffee, err := components.NewFanOut(ctx, "coffee", &components.FanOutArgs{
			Packages:     folder,
			InvoiceQueue: components.QueueSettings{BatchSize: 10, MaxReceiveCount: 8},
			Api:          components.ApiSettings{AllowOrigin: "https://coffee.example.com"},
		})
		if err != nil {
			return err
		}
		ctx.Export("url", coffee.Url)
		ctx.Export("topic", coffee.TopicArn) // for consumers of their own

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

// A program that puts a function of its own behind an API: routed, validated, throttled and traced.
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
			Routes: []components.Route{{
				Method: "GET", Path: "/greeting", Function: greet,
				Summary:   "Greets somebody",
				Query:     []components.Parameter{{Name: "name", Description: "Whom to greet", Required: true}},
				Responses: []components.Response{{Status: 200, Description: "The greeting"}},
			}},
			ApiSettings: components.ApiSettings{RateLimit: 10, BurstLimit: 20},
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

// Without its packages a component refuses to deploy, and says what to do.
func ExampleNewFanOut_withoutPackages() {
	program := func(ctx *pulumi.Context) error {
		_, err := components.NewFanOut(ctx, "coffee", &components.FanOutArgs{
			Packages: "/nowhere",
			Store:    components.FunctionSettings{MemoryMB: 64},
		})
		fmt.Println(err)
		return err
	}

	_ = exampleRun(program) // nothing was registered
	// Output:
	// order-patterns:components:FanOut "coffee": Store.MemoryMB: must be from 128 to 10240, got 64
	// Packages: no package at /nowhere/publish-order.zip: run `make build`
	// Packages: no package at /nowhere/store-order.zip: run `make build`
	// Packages: no package at /nowhere/write-invoice.zip: run `make build`
	// Packages: no package at /nowhere/get-order.zip: run `make build`
	// Packages: no package at /nowhere/get-invoice.zip: run `make build`
}
