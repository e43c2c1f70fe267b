package components

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/dynamodb"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// orderStore is where the coffee patterns store orders: an item in a table, and an invoice in a bucket. It also has the functions that read
// both, so that every pattern has the same GET routes.
type orderStore struct {
	table      *dynamodb.Table
	bucket     *s3.BucketV2
	getOrder   *function
	getInvoice *function
}

// readFunctions are the packages of the functions that read the store.
var readFunctions = []string{"get-order", "get-invoice"}

// orderStore creates a store. Its functions answer with this CORS origin.
func (b *builder) orderStore(capacity TableCapacity, ours functions, allowOrigin pulumi.StringPtrInput, auth Authorizer) (*orderStore, error) {
	s := &orderStore{}
	var err error
	// The marker of a completed order expires once no older message can arrive any more.
	if s.table, err = b.table("orders", capacity, dynamodb.TableArgs{
		Ttl: &dynamodb.TableTtlArgs{AttributeName: pulumi.String("expires"), Enabled: pulumi.Bool(true)},
	}, []string{"GetItem", "PutItem"}, "accountid", "vendorid"); err != nil {
		return nil, err
	}
	b.watchOrders([]string{"Stored", "Superseded"}, []string{"Invoiced"}, []string{"Refused", "DeadLettered"})
	if s.bucket, err = b.invoiceBucket("invoices"); err != nil {
		return nil, err
	}
	if s.getOrder, err = b.function(functionSpec{
		name: "get-order", description: "Answers GET /order from the table", settings: ours["get-order"],
		environment: auth.environment(pulumi.StringMap{"TABLE_NAME": s.table.Name, "ALLOW_ORIGIN": stringOf(allowOrigin)}),
		allow:       []statement{may("ReadOrder", s.table.Arn, "dynamodb:GetItem")},
	}); err != nil {
		return nil, err
	}
	find := may("FindInvoice", s.bucket.Arn, "s3:ListBucket")
	find.conditions = []condition{{"StringLike", "s3:prefix", pulumi.String(invoicePrefix + "*")}}
	s.getInvoice, err = b.function(functionSpec{
		name: "get-invoice", description: "Answers GET /invoice with a presigned URL", settings: ours["get-invoice"],
		environment: auth.environment(pulumi.StringMap{"BUCKET_NAME": s.bucket.Bucket, "ALLOW_ORIGIN": stringOf(allowOrigin)}),
		// A presigned URL has the permissions of the role that signed it.
		allow: []statement{find, may("ShareInvoice", s.invoices(), "s3:GetObject")},
	})
	return s, err
}

// mayStore allows a function to write orders.
func (s *orderStore) mayStore() statement { return may("StoreOrder", s.table.Arn, "dynamodb:PutItem") }

// mayInvoice allows a function to write invoices.
func (s *orderStore) mayInvoice() statement { return may("WriteInvoice", s.invoices(), "s3:PutObject") }

// invoicePrefix is the prefix of the key of every invoice.
const invoicePrefix = "invoices/"

// invoices returns the ARN pattern of all invoices.
func (s *orderStore) invoices() pulumi.StringOutput {
	return pulumi.Sprintf("%s/%s*", s.bucket.Arn, invoicePrefix)
}
