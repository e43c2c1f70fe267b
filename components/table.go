package components

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/appautoscaling"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/dynamodb"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// TableCapacity is the read and write capacity of a DynamoDB table. Requests above the capacity of a provisioned table are throttled, after
// the 300 seconds of unused capacity that DynamoDB saves. Orders then wait in a queue or stream; they are not lost.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/capacity-mode.html
type TableCapacity struct {
	// ReadUnits and WriteUnits are the provisioned capacity units: [CapacityRange] each. Default, if neither is set: on-demand, billed per
	// request.
	ReadUnits  pulumi.IntPtrInput `pulumi:"readUnits,optional"`
	WriteUnits pulumi.IntPtrInput `pulumi:"writeUnits,optional"`

	// MaxReadUnits and MaxWriteUnits let the capacity of a provisioned table scale between ReadUnits or WriteUnits and this maximum:
	// [CapacityRange] each, not less than those. Default: the capacity is fixed.
	//
	// DynamoDB scales after two minutes above the target utilization; meanwhile orders wait. To make an on-demand table scale, one
	// deployment must provision it first, and the next one set the maximum: Pulumi ignores the units of a table that scales.
	// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/AutoScaling.html
	MaxReadUnits  pulumi.IntPtrInput `pulumi:"maxReadUnits,optional"`
	MaxWriteUnits pulumi.IntPtrInput `pulumi:"maxWriteUnits,optional"`
	// TargetUtilization is the percentage of the capacity that scaling aims at: [UtilizationRange]. Default [DefaultTargetUtilization].
	TargetUtilization pulumi.IntPtrInput `pulumi:"targetUtilization,optional"`
}

func (c TableCapacity) resolve(v *validator, path string) TableCapacity {
	if unset(c.ReadUnits) != unset(c.WriteUnits) {
		v.addf(path, "must have both ReadUnits and WriteUnits, or neither")
	}
	if !unset(c.TargetUtilization) && unset(c.MaxReadUnits) && unset(c.MaxWriteUnits) {
		v.addf(path+".TargetUtilization", "is accepted only with MaxReadUnits or MaxWriteUnits")
	}
	r := TableCapacity{
		ReadUnits:         v.optional(path+".ReadUnits", c.ReadUnits, CapacityRange.Check),
		WriteUnits:        v.optional(path+".WriteUnits", c.WriteUnits, CapacityRange.Check),
		TargetUtilization: v.number(path+".TargetUtilization", c.TargetUtilization, UtilizationRange.Check, DefaultTargetUtilization),
	}
	r.MaxReadUnits = v.maxUnits(path, "ReadUnits", c.MaxReadUnits, r.ReadUnits)
	r.MaxWriteUnits = v.maxUnits(path, "WriteUnits", c.MaxWriteUnits, r.WriteUnits)
	return r
}

// maxUnits validates a maximum of units. units was validated before. It returns nil if maximum is not set.
func (v *validator) maxUnits(path, name string, maximum, units pulumi.IntPtrInput) pulumi.IntPtrInput {
	at := path + ".Max" + name
	checked := v.optional(at, maximum, CapacityRange.Check)
	if checked == nil {
		return nil
	}
	if units == nil {
		v.addf(at, "requires %s", name)
		return nil
	}
	return v.together(at, units, checked, func(units, maximum int) error {
		if maximum < units {
			return fmt.Errorf("must be at least %s, which is %d, got %d", name, units, maximum)
		}
		return nil
	})
}

// table creates a table whose keys are strings. operations are those that its alarms watch. Unless the component has a key, the table is
// encrypted with a key that DynamoDB owns, which is free:
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
func (b *builder) table(name string, capacity TableCapacity, args dynamodb.TableArgs, operations []string, keys ...string) (*dynamodb.Table, error) {
	attributes := dynamodb.TableAttributeArray{}
	for _, key := range keys {
		attributes = append(attributes, &dynamodb.TableAttributeArgs{Name: pulumi.String(key), Type: pulumi.String("S")})
	}
	args.Attributes = attributes
	args.HashKey = pulumi.String(keys[0])
	if len(keys) > 1 {
		args.RangeKey = pulumi.String(keys[1])
	}
	args.BillingMode = pulumi.String("PAY_PER_REQUEST")
	opts := b.protected()
	if capacity.WriteUnits != nil {
		args.BillingMode = pulumi.String("PROVISIONED")
		args.ReadCapacity, args.WriteCapacity = capacity.ReadUnits, capacity.WriteUnits
		// Without this, each deployment would reset the capacity that DynamoDB has scaled.
		var scaled []string
		if capacity.MaxReadUnits != nil {
			scaled = append(scaled, "readCapacity")
		}
		if capacity.MaxWriteUnits != nil {
			scaled = append(scaled, "writeCapacity")
		}
		if scaled != nil {
			opts = append(opts, pulumi.IgnoreChanges(scaled))
		}
	}
	args.PointInTimeRecovery = &dynamodb.TablePointInTimeRecoveryArgs{Enabled: pulumi.Bool(!b.deleteData)}
	args.DeletionProtectionEnabled = pulumi.Bool(!b.deleteData)
	if b.key != nil {
		args.ServerSideEncryption = &dynamodb.TableServerSideEncryptionArgs{Enabled: pulumi.Bool(true), KmsKeyArn: b.kmsKey()}
	}
	args.Tags = b.tags
	table, err := dynamodb.NewTable(b.ctx, b.child(name), &args, opts...)
	if err != nil {
		return nil, err
	}
	b.watchTable(name, table, operations)
	if err := b.scale(name+"-reads", table, "Read", capacity.ReadUnits, capacity.MaxReadUnits, capacity.TargetUtilization); err != nil {
		return nil, err
	}
	return table, b.scale(name+"-writes", table, "Write", capacity.WriteUnits, capacity.MaxWriteUnits, capacity.TargetUtilization)
}

// scale lets a table's capacity for reads or writes scale up to a maximum, if there is one. kind is Read or Write.
func (b *builder) scale(name string, table *dynamodb.Table, kind string, minimum, maximum, utilization pulumi.IntPtrInput) error {
	if maximum == nil {
		return nil
	}
	target, err := appautoscaling.NewTarget(b.ctx, b.child(name), &appautoscaling.TargetArgs{
		ServiceNamespace:  pulumi.String("dynamodb"),
		ResourceId:        pulumi.Sprintf("table/%s", table.Name),
		ScalableDimension: pulumi.String("dynamodb:table:" + kind + "CapacityUnits"),
		MinCapacity:       intOf(minimum),
		MaxCapacity:       intOf(maximum),
		Tags:              b.tags,
	}, b.opts()...)
	if err != nil {
		return err
	}
	_, err = appautoscaling.NewPolicy(b.ctx, b.child(name), &appautoscaling.PolicyArgs{
		ServiceNamespace:  target.ServiceNamespace,
		ResourceId:        target.ResourceId,
		ScalableDimension: target.ScalableDimension,
		PolicyType:        pulumi.String("TargetTrackingScaling"),
		TargetTrackingScalingPolicyConfiguration: &appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationArgs{
			PredefinedMetricSpecification: &appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecificationArgs{
				PredefinedMetricType: pulumi.String("DynamoDB" + kind + "CapacityUtilization"),
			},
			TargetValue: intOf(utilization).ApplyT(func(n int) float64 { return float64(n) }).(pulumi.Float64Output),
		},
	}, b.opts()...)
	return err
}
