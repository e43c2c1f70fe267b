package dynamodb

import (
	"context"
	"net/http"
	"strings"

	"github.com/order-patterns/order-patterns/local/provider"
	"github.com/order-patterns/order-patterns/local/wire"
)

// ScalingTargetArgs are the inputs of aws:appautoscaling/target:Target that are implemented: the reads or the writes of a table. There
// are no outputs, as for ScalingPolicyArgs.
type ScalingTargetArgs struct {
	ServiceNamespace  string            `pulumi:"serviceNamespace,replace"`
	ResourceID        string            `pulumi:"resourceId,replace"`
	ScalableDimension string            `pulumi:"scalableDimension,replace"`
	MinCapacity       int               `pulumi:"minCapacity"`
	MaxCapacity       int               `pulumi:"maxCapacity"`
	Tags              map[string]string `pulumi:"tags,optional"`
}

// ScalingPolicyArgs are the inputs of aws:appautoscaling/policy:Policy that are implemented: target tracking. There are no cooldowns.
type ScalingPolicyArgs struct {
	Name              *string        `pulumi:"name,optional,replace"`
	ServiceNamespace  string         `pulumi:"serviceNamespace,replace"`
	ResourceID        string         `pulumi:"resourceId,replace"`
	ScalableDimension string         `pulumi:"scalableDimension,replace"`
	PolicyType        *string        `pulumi:"policyType,optional"` // StepScaling if absent
	Tracking          TargetTracking `pulumi:"targetTrackingScalingPolicyConfiguration"`
}

// TargetTracking is a target of 20 to 90 percent of the capacity.
type TargetTracking struct {
	Metric      ScalingMetric `pulumi:"predefinedMetricSpecification"`
	TargetValue float64       `pulumi:"targetValue"`
}

// ScalingMetric is DynamoDBReadCapacityUtilization or DynamoDBWriteCapacityUtilization.
type ScalingMetric struct {
	Type string `pulumi:"predefinedMetricType"`
}

const dimension = "dynamodb:table:"

var metrics = map[string]string{
	dimension + "ReadCapacityUnits":  "DynamoDBReadCapacityUtilization",
	dimension + "WriteCapacityUnits": "DynamoDBWriteCapacityUtilization",
}

// scalingKinds are those of Application Auto Scaling, which has no operations on the wire.
func (s *Service) scalingKinds() []provider.Kind {
	return []provider.Kind{
		provider.Setting(targetID, s.setTarget, provider.Object[ScalingTargetArgs, capacity]{
			Type:  "aws:appautoscaling/target:Target",
			Check: checkTarget,
			Lock:  &s.mu,
			Find:  s.capacity,
			State: func(c *capacity) *ScalingTargetArgs { return c.target },
		}),
		&provider.Object[ScalingPolicyArgs, capacity]{
			Type:     "aws:appautoscaling/policy:Policy",
			AutoName: &provider.AutoName{Property: "name", Max: 255},
			Check:    checkPolicy,
			Lock:     &s.mu,
			Find:     s.findPolicy,
			State:    func(c *capacity) *ScalingPolicyArgs { return c.policy },
			Create:   s.putPolicy,
			Update: func(_ context.Context, c *capacity, in *ScalingPolicyArgs) error {
				c.setPolicy(in)
				return nil
			},
			Delete: func(_ context.Context, c *capacity) error {
				c.setPolicy(nil)
				return nil
			},
		},
	}
}

func checkTarget(c *provider.Checker, in *ScalingTargetArgs) {
	checkScalable(c, in.ServiceNamespace, in.ResourceID, in.ScalableDimension)
	if !c.Unknown("minCapacity") && !c.Unknown("maxCapacity") && (in.MinCapacity < 1 || in.MaxCapacity < in.MinCapacity) {
		c.Failf("maxCapacity", "must not be below minCapacity, and that not below 1, got %d and %d", in.MaxCapacity, in.MinCapacity)
	}
}

func checkPolicy(c *provider.Checker, in *ScalingPolicyArgs) {
	checkScalable(c, in.ServiceNamespace, in.ResourceID, in.ScalableDimension)
	if in.PolicyType == nil && !c.Unknown("policyType") {
		c.Failf("policyType", "is StepScaling by default, which is not implemented")
	}
	c.OneOf("policyType", in.PolicyType, "TargetTrackingScaling")
	const tracking = "targetTrackingScalingPolicyConfiguration."
	if metric, ok := metrics[in.ScalableDimension]; ok {
		c.OneOf(tracking+"predefinedMetricSpecification.predefinedMetricType", &in.Tracking.Metric.Type, metric)
	}
	if v := in.Tracking.TargetValue; !c.Unknown(tracking+"targetValue") && (v < 20 || v > 90) {
		c.Failf(tracking+"targetValue", "must be from 20 to 90, got %v", v)
	}
}

func checkScalable(c *provider.Checker, namespace, resource, scalable string) {
	c.OneOf("serviceNamespace", &namespace, "dynamodb")
	c.OneOf("scalableDimension", &scalable, dimension+"ReadCapacityUnits", dimension+"WriteCapacityUnits")
	if !strings.HasPrefix(resource, "table/") && !c.Unknown("resourceId") {
		c.Failf("resourceId", "must be table/NAME, got %q", resource)
	}
}

// targetID is table/NAME|DIMENSION.
func targetID(in *ScalingTargetArgs) string { return in.ResourceID + "|" + in.ScalableDimension }

// capacity finds what a target is about. The caller holds s.mu.
func (s *Service) capacity(targetID string) (*capacity, error) {
	resource, scalable, _ := strings.Cut(targetID, "|")
	t, err := s.find(strings.TrimPrefix(resource, "table/"))
	if err != nil {
		return nil, invalid("DynamoDB table does not exist: %s", resource)
	}
	if scalable == dimension+"WriteCapacityUnits" {
		return &t.writes, nil
	}
	return &t.reads, nil
}

// setTarget also brings the capacity within its limits.
//
// https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html
func (s *Service) setTarget(_ context.Context, c *capacity, in *ScalingTargetArgs) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if in == nil {
		c.target, c.policy = nil, nil
		return nil
	}
	if c.bucket == nil {
		return invalid("The capacity of the table %s is on demand and cannot be scaled", in.ResourceID)
	}
	c.target = in
	c.resize(s.account.Clock.Now(), min(max(c.units(), in.MinCapacity), in.MaxCapacity))
	return nil
}

func (s *Service) findTarget(id string) (*capacity, error) {
	c, err := s.capacity(id)
	if err == nil && c.target == nil {
		resource, scalable, _ := strings.Cut(id, "|")
		err = wire.Errorf(http.StatusBadRequest, "ObjectNotFoundException", "No scalable target found for service namespace: dynamodb, "+
			"resource ID: %s, scalable dimension: %s", resource, scalable)
	}
	return c, err
}

// putPolicy returns an id of table/NAME|DIMENSION|POLICY.
//
// https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScalingPolicy.html
func (s *Service) putPolicy(_ context.Context, in *ScalingPolicyArgs) (string, error) {
	id := in.ResourceID + "|" + in.ScalableDimension
	c, err := s.findTarget(id)
	if err != nil {
		return "", err
	}
	if c.policy != nil {
		return "", invalid("Only one TargetTrackingScaling policy for a given metric specification is allowed.")
	}
	c.setPolicy(in)
	return id + "|" + *in.Name, nil
}

func (c *capacity) setPolicy(in *ScalingPolicyArgs) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.policy, c.above = in, 0
}

func (s *Service) findPolicy(id string) (*capacity, error) {
	end := max(strings.LastIndex(id, "|"), 0)
	c, err := s.findTarget(id[:end])
	if err == nil && (c.policy == nil || *c.policy.Name != id[end+1:]) {
		err = wire.Errorf(http.StatusBadRequest, "ObjectNotFoundException", "No scaling policy found: %s", id)
	}
	return c, err
}
