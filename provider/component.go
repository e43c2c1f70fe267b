package provider

import (
	"reflect"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	sdk "github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"

	"github.com/order-patterns/order-patterns/components"
)

// Name is the name of the package.
const Name = "order-patterns"

// module is the part of a token that comes after the package: order-patterns:components:FanOut.
const module = "components"

// component is a constructor of a component, with its arguments and results.
type component struct {
	args, outputs reflect.Type
	construct     func(ctx *pulumi.Context, name string, inputs sdk.ConstructInputs, zips zips, opts pulumi.ResourceOption) (*sdk.ConstructResult, error)
}

// all are the components by token.
var all = map[string]component{}

func init() {
	add(components.NewOrderApi)
	add(components.NewFanOut)
	add(components.NewOrchestrator)
	add(components.NewEventStream)
	add(components.NewCheckerPipeline)
	add(components.NewApiAccount)
	add(components.NewTraceAccount)
}

func add[A, C any, P interface {
	*C
	pulumi.ComponentResource
}](constructor func(*pulumi.Context, string, *A, ...pulumi.ResourceOption) (P, error)) {
	c := component{args: reflect.TypeFor[A](), outputs: reflect.TypeFor[C]()}
	c.construct = func(ctx *pulumi.Context, name string, inputs sdk.ConstructInputs, zips zips, opts pulumi.ResourceOption) (*sdk.ConstructResult, error) {
		var args A
		if err := inputs.CopyTo(&args); err != nil {
			return nil, err
		}
		if err := zips.addTo(&args); err != nil {
			return nil, err
		}
		made, err := constructor(ctx, name, &args, opts)
		if err != nil {
			return nil, err
		}
		return sdk.NewConstructResult(made)
	}
	all[token(c.outputs)] = c
}

func token(t reflect.Type) string { return Name + ":" + module + ":" + t.Name() }
