package components

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/dynamodb"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// TableCapacity is what a DynamoDB table can read and write in a second.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/capacity-mode.html
type TableCapacity struct {
	// ReadUnits and WriteUnits provision the table: 1 to 40,000 each. Both zero make it on-demand, paid by the request.
	ReadUnits, WriteUnits int
}

func (c TableCapacity) validate(p *problems, path string) {
	p.between(path+".ReadUnits", c.ReadUnits, 1, 40000)
	p.between(path+".WriteUnits", c.WriteUnits, 1, 40000)
	if (c.ReadUnits == 0) != (c.WriteUnits == 0) {
		p.addf(path, "must have both ReadUnits and WriteUnits, or neither, got %d and %d", c.ReadUnits, c.WriteUnits)
	}
}

// checkerBuilder registers the parts of a CheckerPipeline.
type checkerBuilder struct {
	ctx      *pulumi.Context
	name     string
	args     *CheckerPipelineArgs
	packages packages
	tags     pulumi.StringMap
	opts     []pulumi.ResourceOption

	orders, accounts, stock *dynamodb.Table
}

// tables makes the three tables, one item to each order, customer and product.
func (b *checkerBuilder) tables() (err error) {
	if b.orders, err = b.table("orders", "orderId"); err != nil {
		return err
	}
	if b.accounts, err = b.table("accounts", "customerId"); err != nil {
		return err
	}
	b.stock, err = b.table("stock", "productId")
	return err
}

func (b *checkerBuilder) table(what, key string) (*dynamodb.Table, error) {
	args := &dynamodb.TableArgs{
		BillingMode:               pulumi.String("PAY_PER_REQUEST"),
		HashKey:                   pulumi.String(key),
		Attributes:                dynamodb.TableAttributeArray{&dynamodb.TableAttributeArgs{Name: pulumi.String(key), Type: pulumi.String("S")}},
		PointInTimeRecovery:       &dynamodb.TablePointInTimeRecoveryArgs{Enabled: pulumi.Bool(!b.args.DeleteData)},
		DeletionProtectionEnabled: pulumi.Bool(!b.args.DeleteData),
		Tags:                      b.tags,
	}
	if c := b.args.Capacity; c.ReadUnits > 0 {
		args.BillingMode = pulumi.String("PROVISIONED")
		args.ReadCapacity, args.WriteCapacity = pulumi.Int(c.ReadUnits), pulumi.Int(c.WriteUnits)
	}
	return dynamodb.NewTable(b.ctx, b.name+"-"+what, args, protect(b.args.DeleteData, b.opts...)...)
}

// function makes one of the pipeline's functions.
func (b *checkerBuilder) function(pkg, description string, settings FunctionSettings, environment pulumi.StringMap, allow ...statement) (*function, error) {
	return newFunction(b.ctx, b.name+"-"+pkg, b.functionArgs(pkg, description, settings, environment, allow...), b.opts...)
}

func (b *checkerBuilder) functionArgs(pkg, description string, settings FunctionSettings, environment pulumi.StringMap, allow ...statement) functionArgs {
	return functionArgs{
		pkg: pkg, packages: b.packages, description: description, settings: settings, environment: environment, allow: allow,
		observe: observe{logRetentionDays: b.args.Api.LogRetentionDays}, tags: b.tags,
	}
}
