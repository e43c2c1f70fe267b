package components

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/dynamodb"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// TableCapacity is what a DynamoDB table can read and write in a second. What goes beyond the capacity of a provisioned
// table, and beyond the 300 seconds of unused capacity that DynamoDB saves up, is throttled. Then orders wait in front of
// the table; they are not lost.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/capacity-mode.html
type TableCapacity struct {
	// ReadUnits and WriteUnits provision the table: [CapacityRange] each. Default, if neither is set: on-demand, paid by
	// the request.
	ReadUnits  pulumi.IntPtrInput `pulumi:"readUnits,optional"`
	WriteUnits pulumi.IntPtrInput `pulumi:"writeUnits,optional"`
}

func (c TableCapacity) resolve(v *validator, path string) TableCapacity {
	if unset(c.ReadUnits) != unset(c.WriteUnits) {
		v.addf(path, "must have both ReadUnits and WriteUnits, or neither")
	}
	return TableCapacity{
		ReadUnits:  v.optional(path+".ReadUnits", c.ReadUnits, CapacityRange.Check),
		WriteUnits: v.optional(path+".WriteUnits", c.WriteUnits, CapacityRange.Check),
	}
}

// table makes a table whose keys are strings. It is encrypted with a key that
// DynamoDB owns, which every table is at no cost:
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
func (b *builder) table(name string, capacity TableCapacity, args dynamodb.TableArgs, keys ...string) (*dynamodb.Table, error) {
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
	if capacity.WriteUnits != nil {
		args.BillingMode = pulumi.String("PROVISIONED")
		args.ReadCapacity, args.WriteCapacity = capacity.ReadUnits, capacity.WriteUnits
	}
	args.PointInTimeRecovery = &dynamodb.TablePointInTimeRecoveryArgs{Enabled: pulumi.Bool(!b.deleteData)}
	args.DeletionProtectionEnabled = pulumi.Bool(!b.deleteData)
	args.Tags = b.tags
	return dynamodb.NewTable(b.ctx, b.child(name), &args, b.protected()...)
}
