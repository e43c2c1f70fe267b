// Command order-patterns is a Pulumi program that deploys four ways to process an order asynchronously on AWS. The
// config value `pattern` chooses which.
package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/order-patterns/order-patterns/components"
)

func main() { pulumi.Run(deploy) }

// deploy registers the patterns that the stack's config names.
func deploy(ctx *pulumi.Context) error {
	cfg, err := loadConfig(ctx)
	if err != nil {
		return err
	}

	if cfg.ownApiAccount {
		if cfg.api.Account, err = components.NewApiAccount(ctx, "api-account"); err != nil {
			return err
		}
	}

	if cfg.deploys("fanout") {
		fanOut, err := components.NewFanOut(ctx, "fanout", &components.FanOutArgs{
			Packages:     cfg.packages,
			Architecture: cfg.architecture,
			StoreQueue:   components.QueueSettings{BatchSize: cfg.storeBatchSize},
			InvoiceQueue: components.QueueSettings{BatchSize: cfg.invoiceBatchSize},
			DeleteData:   cfg.deleteData,
			Api:          cfg.api,
		})
		if err != nil {
			return err
		}
		ctx.Export("fanout", fanOut.Outputs())
	}

	if cfg.deploys("orchestrator") {
		orchestrator, err := components.NewOrchestrator(ctx, "orchestrator", &components.OrchestratorArgs{
			Packages:     cfg.packages,
			Architecture: cfg.architecture,
			Express:      cfg.express,
			NotifyEmail:  cfg.notifyEmail,
			DeleteData:   cfg.deleteData,
			Api:          cfg.api,
		})
		if err != nil {
			return err
		}
		ctx.Export("orchestrator", orchestrator.Outputs())
	}

	if cfg.deploys("eventstream") {
		eventStream, err := components.NewEventStream(ctx, "eventstream", &components.EventStreamArgs{
			Packages:      cfg.packages,
			Architecture:  cfg.architecture,
			Stream:        components.StreamSettings{Shards: cfg.shards},
			ProjectReader: cfg.reader,
			InvoiceReader: cfg.reader,
			DeleteData:    cfg.deleteData,
			Api:           cfg.api,
		})
		if err != nil {
			return err
		}
		ctx.Export("eventstream", eventStream.Outputs())
	}

	if cfg.deploys("checker") {
		checker, err := components.NewCheckerPipeline(ctx, "checker", &components.CheckerPipelineArgs{
			Packages:     cfg.packages,
			Architecture: cfg.architecture,
			UsagePlan:    cfg.usagePlan,
			DeleteData:   cfg.deleteData,
			Api:          cfg.api,
		})
		if err != nil {
			return err
		}
		ctx.Export("checker", checker.Outputs())
	}
	return nil
}
