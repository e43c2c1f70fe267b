package components

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/dynamodb"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// TableCapacity is what a DynamoDB table can read and write in a second.
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

// checkerTables have an item for each order, customer and product.
type checkerTables struct{ orders, accounts, stock *dynamodb.Table }

func (b *builder) checkerTables(capacity TableCapacity) (t checkerTables, err error) {
	args := dynamodb.TableArgs{ReadCapacity: capacity.ReadUnits, WriteCapacity: capacity.WriteUnits}
	if capacity.ReadUnits != nil {
		args.BillingMode = pulumi.String("PROVISIONED")
	}
	if t.orders, err = b.table("orders", args, "orderId"); err != nil {
		return t, err
	}
	// The other two also keep the idempotency keys of additions, for a while.
	args.Ttl = &dynamodb.TableTtlArgs{AttributeName: pulumi.String("expires"), Enabled: pulumi.Bool(true)}
	if t.accounts, err = b.table("accounts", args, "customerId"); err != nil {
		return t, err
	}
	t.stock, err = b.table("stock", args, "productId")
	return t, err
}
