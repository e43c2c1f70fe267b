package components

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/dynamodb"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// checkerTables are the tables with an item for each order, customer and product.
type checkerTables struct{ orders, accounts, stock *dynamodb.Table }

func (b *builder) checkerTables(capacity TableCapacity, own checkers) (t checkerTables, err error) {
	changing := []string{"GetItem", "PutItem", "UpdateItem", "TransactWriteItems"}
	if t.orders, err = b.table("orders", capacity, dynamodb.TableArgs{}, changing, "orderId"); err != nil {
		return t, err
	}
	// The other two tables also keep the idempotency keys of additions until they expire.
	expires := &dynamodb.TableTtlArgs{AttributeName: pulumi.String("expires"), Enabled: pulumi.Bool(true)}
	if t.accounts, err = b.table("accounts", capacity, dynamodb.TableArgs{Ttl: expires}, changing, "customerId"); err != nil {
		return t, err
	}
	reasons := []string{"Refused", "NotPublished", "Balance", "Stock", "DeadLettered"}
	if len(own) > 0 {
		reasons = append(reasons, "Check")
	}
	b.watchOrders([]string{"Shipped"}, nil, reasons)
	b.watchFailing()
	b.watchPending()
	t.stock, err = b.table("stock", capacity, dynamodb.TableArgs{Ttl: expires}, append(changing, "BatchGetItem"), "productId")
	return t, err
}
