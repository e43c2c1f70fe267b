package components_test

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/order-patterns/order-patterns/components"
)

// A program whose orders need a third check, by its own function. docs/checker.md describes the message that the function sends.
func ExampleNewCheckerPipeline() {
	packages := examplePackages() // the folder that `make build` writes: build/arm64
	folder := exampleFolder       // the folder with fraud.py

	program := func(ctx *pulumi.Context) error {
		shop, err := components.NewCheckerPipeline(ctx, "shop", &components.CheckerPipelineArgs{
			Authorizer: components.IamAuthorizer(),
			Common:     components.Common{Packages: packages},
			Orders:     &components.CheckerPipelineOrders{},
			Checkers: map[string]components.Checker{
				"fraud": {Function: components.Function{
					Code: pulumi.NewFileArchive(folder), Runtime: pulumi.String("python3.13"), Handler: pulumi.String("fraud.handler"),
				}},
			},
		})
		if err != nil {
			return err
		}
		pulumi.All(shop.Url, shop.CheckerQueueUrls).ApplyT(func(v []any) error {
			_, err := fmt.Printf("orders go to %s/order\nand from there also to %s\n", v[0], v[1].(map[string]string)["fraud"])
			return err
		})
		return nil
	}

	if err := exampleRun(program); err != nil {
		fmt.Println(err)
	}
	// Output:
	// orders go to https://stage/shop-api/order
	// and from there also to https://queue/shop-fraud
}

// A program that checks pictures in two ways, collects the findings, and publishes pictures that passed. It has no API: other programs
// publish to its topic.
func ExampleNewCheckerPipeline_withoutOrders() {
	folder := exampleFolder // the folder with pictures.py
	own := func(handler string) components.Function {
		return components.Function{Code: pulumi.NewFileArchive(folder), Runtime: pulumi.String("python3.13"), Handler: pulumi.String(handler)}
	}

	program := func(ctx *pulumi.Context) error {
		collect, publish := own("pictures.collect"), own("pictures.publish")
		pictures, err := components.NewCheckerPipeline(ctx, "pictures", &components.CheckerPipelineArgs{
			Checkers: map[string]components.Checker{
				"virus": {Function: own("pictures.virus")},
				"faces": {Function: own("pictures.faces"), FilterPolicy: pulumi.String(`{"kind": ["photo"]}`)},
			},
			Collect: &collect, Finish: &publish,
		})
		if err != nil {
			return err
		}
		pictures.CollectQueueUrl.ApplyT(func(url string) error {
			_, err := fmt.Println("findings go to", url)
			return err
		})
		return nil
	}

	if err := exampleRun(program); err != nil {
		fmt.Println(err)
	}
	// Output:
	// findings go to https://queue/pictures-collect
}
