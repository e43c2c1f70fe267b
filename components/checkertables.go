package components

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/dynamodb"
)

// checkerTables have an item for each order, customer and product.
type checkerTables struct{ orders, accounts, stock *dynamodb.Table }

func (b *builder) checkerTables(capacity TableCapacity) (t checkerTables, err error) {
	if t.orders, err = b.table("orders", capacity, dynamodb.TableArgs{}, "orderId"); err != nil {
		return t, err
	}
	if t.accounts, err = b.table("accounts", capacity, dynamodb.TableArgs{}, "customerId"); err != nil {
		return t, err
	}
	t.stock, err = b.table("stock", capacity, dynamodb.TableArgs{}, "productId")
	return t, err
}
