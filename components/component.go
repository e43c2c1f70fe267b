package components

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// component is what every pattern and part of one is to Pulumi.
type component interface {
	pulumi.ComponentResource
	// Outputs are what the component tells of itself, to the engine and to stacks that export it.
	Outputs() pulumi.Map
}

// register makes a component known, builds its children, and registers its outputs. Arguments were validated before.
func register(ctx *pulumi.Context, typ, name string, c component, build func() error, opts ...pulumi.ResourceOption) error {
	if err := ctx.RegisterComponentResource(typ, name, c, opts...); err != nil {
		return err
	}
	if err := build(); err != nil {
		return fmt.Errorf("%s %q: %w", typ, name, err)
	}
	return ctx.RegisterResourceOutputs(c, c.Outputs())
}

// protect keeps what holds data from being deleted with the stack, unless it may be.
func protect(deleteData bool, opts ...pulumi.ResourceOption) []pulumi.ResourceOption {
	if deleteData {
		return opts
	}
	return append(slices.Clone(opts), pulumi.Protect(true))
}
