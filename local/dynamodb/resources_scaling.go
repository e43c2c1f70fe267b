package dynamodb

import (
	"sync"

	"github.com/order-patterns/order-patterns/local/provider"
)

// ScalingTargetArgs are the inputs of aws:appautoscaling/target:Target, for the reads or the writes of a table.
type ScalingTargetArgs struct {
	ServiceNamespace  string            `pulumi:"serviceNamespace,replace"`
	ResourceID        string            `pulumi:"resourceId,replace"`
	ScalableDimension string            `pulumi:"scalableDimension,replace"`
	MinCapacity       int               `pulumi:"minCapacity"`
	MaxCapacity       int               `pulumi:"maxCapacity"`
	Tags              map[string]string `pulumi:"tags,optional"`
}

// ScalingPolicyArgs are the inputs of aws:appautoscaling/policy:Policy that are implemented: target tracking.
type ScalingPolicyArgs struct {
	Name              *string        `pulumi:"name,optional,replace"`
	ServiceNamespace  string         `pulumi:"serviceNamespace,replace"`
	ResourceID        string         `pulumi:"resourceId,replace"`
	ScalableDimension string         `pulumi:"scalableDimension,replace"`
	PolicyType        *string        `pulumi:"policyType,optional"` // StepScaling if absent
	Tracking          TargetTracking `pulumi:"targetTrackingScalingPolicyConfiguration"`
}

// TargetTracking is a target in percent of the capacity.
type TargetTracking struct {
	Metric      ScalingMetric `pulumi:"predefinedMetricSpecification"`
	TargetValue float64       `pulumi:"targetValue"`
}

// ScalingMetric is DynamoDBReadCapacityUtilization or DynamoDBWriteCapacityUtilization.
type ScalingMetric struct {
	Type string `pulumi:"predefinedMetricType"`
}

// scalingKinds are those of Application Auto Scaling. They are only recorded: a table has the capacity that a deployment or UpdateTable
// gives it.
func scalingKinds() []provider.Kind {
	target := func(in *ScalingTargetArgs) string { return in.ResourceID + "|" + in.ScalableDimension }
	policy := func(in *ScalingPolicyArgs) string { return in.ResourceID + "|" + in.ScalableDimension + "|" + *in.Name }
	return []provider.Kind{
		provider.Kept(map[string]*ScalingTargetArgs{}, target, provider.Object[ScalingTargetArgs, ScalingTargetArgs]{
			Type: "aws:appautoscaling/target:Target", Lock: &sync.Mutex{},
			Check: func(c *provider.Checker, in *ScalingTargetArgs) {
				c.OneOf("serviceNamespace", &in.ServiceNamespace, "dynamodb")
				if !c.Unknown("minCapacity") && !c.Unknown("maxCapacity") && (in.MinCapacity < 1 || in.MaxCapacity < in.MinCapacity) {
					c.Failf("maxCapacity", "must not be below minCapacity, and that not below 1, got %d and %d", in.MaxCapacity, in.MinCapacity)
				}
			},
		}),
		provider.Kept(map[string]*ScalingPolicyArgs{}, policy, provider.Object[ScalingPolicyArgs, ScalingPolicyArgs]{
			Type: "aws:appautoscaling/policy:Policy", AutoName: &provider.AutoName{Property: "name", Max: 255}, Lock: &sync.Mutex{},
			Check: func(c *provider.Checker, in *ScalingPolicyArgs) {
				if in.PolicyType == nil && !c.Unknown("policyType") {
					c.Failf("policyType", "is StepScaling by default, which is not implemented")
				}
				c.OneOf("policyType", in.PolicyType, "TargetTrackingScaling")
			},
		}),
	}
}
