// Command checkers is a Pulumi program for a test: a CheckerPipeline with orders, and with a checker of one's own if the config value
// fraud has the path of its zip.
package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"

	"github.com/order-patterns/order-patterns/components"
)

func main() { pulumi.Run(deploy) }

func deploy(ctx *pulumi.Context) error {
	cfg := config.New(ctx, "")
	args := &components.CheckerPipelineArgs{
		Common:     components.Common{Packages: cfg.Require("packages"), CodeFromS3: true, DeleteData: true},
		Orders:     &components.CheckerPipelineOrders{},
		Authorizer: components.NoAuthorizer(),
		Api:        components.ApiSettings{AccessLogs: pulumi.BoolRef(false)},
	}
	if fraud := cfg.Get("fraud"); fraud != "" {
		args.Checkers = map[string]components.Checker{"fraud": {Function: components.Function{Code: pulumi.NewFileArchive(fraud)}}}
	}
	pipeline, err := components.NewCheckerPipeline(ctx, "checker", args)
	if err != nil {
		return err
	}
	ctx.Export("checker", pipeline.Outputs())
	return nil
}
