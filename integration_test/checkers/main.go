// Command checkers is a Pulumi program for tests: a CheckerPipeline with functions that are not ours. The config value functions is the
// folder of their zips.
package main

import (
	"path/filepath"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sqs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"

	"github.com/order-patterns/order-patterns/components"
)

func main() { pulumi.Run(deploy) }

func deploy(ctx *pulumi.Context) error {
	cfg := config.New(ctx, "")
	own := func(name string) components.Function {
		return components.Function{Code: pulumi.NewFileArchive(filepath.Join(cfg.Require("functions"), name+".zip"))}
	}
	args := withoutOrders
	if cfg.GetBool("orders") {
		args = withOrders
	}
	pipeline, err := args(ctx, cfg, own)
	if err != nil {
		return err
	}
	ctx.Export("checker", pipeline.Outputs())
	return nil
}

// withOrders checks orders, and by the checker fraud only if the config says so.
func withOrders(ctx *pulumi.Context, cfg *config.Config, own func(string) components.Function) (*components.CheckerPipeline, error) {
	args := &components.CheckerPipelineArgs{
		Common:     components.Common{Packages: cfg.Require("packages"), CodeFromS3: true, DeleteData: true},
		Orders:     &components.CheckerPipelineOrders{},
		Authorizer: components.NoAuthorizer(),
		Api:        components.ApiSettings{AccessLogs: pulumi.BoolRef(false)},
	}
	if cfg.GetBool("fraud") {
		args.Checkers = map[string]components.Checker{"fraud": {Function: own("fraud")}}
	}
	return components.NewCheckerPipeline(ctx, "checker", args)
}

// withoutOrders finishes what has passed by a message to the queue results.
func withoutOrders(ctx *pulumi.Context, cfg *config.Config, own func(string) components.Function) (*components.CheckerPipeline, error) {
	results, err := sqs.NewQueue(ctx, "results", &sqs.QueueArgs{Name: pulumi.String("results")})
	if err != nil {
		return nil, err
	}
	collect, finish := own("collect"), own("finish")
	finish.Environment = pulumi.StringMap{"RESULTS_URL": results.Url}
	finish.Permissions = []components.Permission{{Actions: []string{"sqs:SendMessage"}, Resources: pulumi.StringArray{results.Arn}}}
	return components.NewCheckerPipeline(ctx, "checker", &components.CheckerPipelineArgs{
		Checkers: map[string]components.Checker{"fraud": {Function: own("fraud")}},
		Collect:  &collect,
		Finish:   &finish,
		// The functions are built for this machine.
		Common: components.Common{Architecture: cfg.Require("architecture")},
	})
}
