package provider

import (
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// defaultsKey marks the inputs whose value the provider chose, as the AWS provider does in its state.
const defaultsKey = resource.PropertyKey("__defaults")

const suffixLength = 7

// AutoName is how a physical name is made: from the logical name, a hyphen and seven random hexadecimal digits, as the
// AWS provider does.
type AutoName struct {
	Property string // the input, nearly always "name"
	Max      int    // length limit of the whole name
	// Transform adapts the logical name, for example strings.ToLower for buckets. Nil leaves it.
	Transform func(string) string
}

// apply sets the physical name if the program does not: to the one that the resource has, or a new one.
func (a *AutoName) apply(r *pulumirpc.CheckRequest, olds, news resource.PropertyMap) error {
	key := resource.PropertyKey(a.Property)
	if _, given := news[key]; given {
		return nil
	}
	name, had := olds[key]
	if !had || !a.isDefault(olds) {
		made, err := a.make(r)
		if err != nil {
			return err
		}
		name = resource.NewStringProperty(made)
	}
	news[key] = name
	news[defaultsKey] = resource.NewArrayProperty([]resource.PropertyValue{resource.NewStringProperty(a.Property)})
	return nil
}

func (a *AutoName) make(r *pulumirpc.CheckRequest) (string, error) {
	logical := r.GetName()
	if a.Transform != nil {
		logical = a.Transform(logical)
	}
	return resource.NewUniqueName(r.GetRandomSeed(), logical+"-", suffixLength, a.Max, nil)
}

func (a *AutoName) isDefault(inputs resource.PropertyMap) bool {
	defaults, ok := inputs[defaultsKey]
	if !ok || !defaults.IsArray() {
		return false
	}
	for _, d := range defaults.ArrayValue() {
		if d.IsString() && d.StringValue() == a.Property {
			return true
		}
	}
	return false
}
