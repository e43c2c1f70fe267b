// Command order-patterns is a Pulumi program that deploys four ways to process an order asynchronously on AWS. The
// config value `pattern` chooses which.
package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/order-patterns/order-patterns/components"
)

func main() { pulumi.Run(deploy) }

// deploy registers the patterns in the stack's config, and exports the outputs of each under its name.
func deploy(ctx *pulumi.Context) error {
	cfg, err := loadConfig(ctx)
	if err != nil {
		return err
	}
	if cfg.ownApiAccount {
		account, err := components.NewApiAccount(ctx, "api-account", &cfg.apiAccount)
		if err != nil {
			return err
		}
		cfg.useApiAccount(account.RoleArn)
	}
	if cfg.ownTraceAccount {
		if _, err := components.NewTraceAccount(ctx, "trace-account", nil); err != nil {
			return err
		}
	}
	create := map[string]func(name string) (component, error){
		"fanout":       func(name string) (component, error) { return components.NewFanOut(ctx, name, &cfg.fanOut) },
		"orchestrator": func(name string) (component, error) { return components.NewOrchestrator(ctx, name, &cfg.orchestrator) },
		"eventstream":  func(name string) (component, error) { return components.NewEventStream(ctx, name, &cfg.eventStream) },
		"checker":      func(name string) (component, error) { return components.NewCheckerPipeline(ctx, name, &cfg.checker) },
	}
	for _, name := range cfg.patterns {
		pattern, err := create[name](name)
		if err != nil {
			return err
		}
		ctx.Export(name, pattern.Outputs())
	}
	return nil
}

type component interface{ Outputs() pulumi.Map }
