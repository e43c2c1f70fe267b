package components

import (
	"errors"
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// maxLayers is Lambda's limit: https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html
const maxLayers = 5

func checkLayerCount(n int) error {
	if n > maxLayers {
		return fmt.Errorf("must be at most %d, got %d", maxLayers, n)
	}
	return nil
}

// layers validates the layers of a function.
func (v *validator) layers(path string, in pulumi.StringArrayInput) pulumi.StringArrayInput {
	if unset(in) {
		return nil
	}
	list, ok := in.(pulumi.StringArray)
	if !ok {
		return in.ToStringArrayOutput().ApplyT(func(arns []string) ([]string, error) {
			errs := []error{checkLayerCount(len(arns))}
			for _, arn := range arns {
				errs = append(errs, checkLayerARN(arn))
			}
			return arns, v.late(path, errors.Join(errs...))
		}).(pulumi.StringArrayOutput)
	}
	if err := checkLayerCount(len(list)); err != nil {
		v.addf(path, "%v", err)
	} else if len(list) == maxLayers {
		v.fullLayers = append(v.fullLayers, path)
	}
	list = slices.Clone(list)
	for i, arn := range list {
		in, _ := arn.(pulumi.StringPtrInput)
		list[i] = v.text(fmt.Sprintf("%s[%d]", path, i), in, checkLayerARN, "").(pulumi.StringInput)
	}
	return list
}

// addLayers adds the function's layers, and the layer of Lambda Insights.
func (b *builder) addLayers(args *lambda.FunctionArgs, f Function, architecture string) {
	insights := b.insightsLayer(architecture)
	switch {
	case unset(f.Layers) && insights == nil:
	case unset(f.Layers):
		args.Layers = pulumi.StringArray{insights}
	case insights == nil:
		args.Layers = f.Layers
	default:
		args.Layers = pulumi.All(f.Layers, insights).ApplyT(func(v []any) ([]string, error) {
			all := append(slices.Clone(v[0].([]string)), v[1].(string))
			return all, b.insights.at(checkLayerCount(len(all)))
		}).(pulumi.StringArrayOutput)
	}
}
