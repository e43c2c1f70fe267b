package dynamodb

import (
	"encoding/json"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

const benchmarkRequest = `{"TableName":"orders","Item":{"accountid":{"S":"a%d"},"vendorid":{"S":"v0"},"orderid":{"S":"7f1f0a3e"},
	"orderdate":{"S":"2026-01-02T03:04:05Z"},"city":{"S":"Lisbon"},"version":{"N":"1767323045"},"details":{"M":{"coffeetype":{"S":"latte"},
	"coffeesize":{"S":"large"},"unitprice":{"N":"3.50"},"quantity":{"N":"2"}}},"eventtype":{"L":[{"S":"new_order"}]}},
	"ConditionExpression":"attribute_not_exists(accountid) OR #v < :v","ExpressionAttributeNames":{"#v":"version"},
	"ExpressionAttributeValues":{":v":{"N":"1767323045"}}}`

// BenchmarkConditionalPut measures one conditional PutItem without HTTP: decoding, parsing, condition, store.
func BenchmarkConditionalPut(b *testing.B) {
	c := newCloud(b)
	t := c.createTable(b, "orders", "S", "S", func(in *TableArgs) {
		in.HashKey, in.RangeKey = "accountid", aws.String("vendorid")
		in.Attributes = []TableAttribute{{"accountid", "S"}, {"vendorid", "S"}}
	})
	var n atomic.Int64
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			var in singleWriteInput
			if err := json.Unmarshal(fmt.Appendf(nil, benchmarkRequest, n.Add(1)), &in); err != nil {
				b.Fatal(err)
			}
			m, err := in.mutation(putItem, t)
			if err != nil {
				b.Fatal(err)
			}
			if err := m.run(c.clock.Now()); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkConditionalPutHTTP measures the same through the SDK and the endpoint.
func BenchmarkConditionalPutHTTP(b *testing.B) {
	c := newCloud(b)
	c.createTable(b, "orders", "S", "S")
	var n atomic.Int64
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			_, err := c.client.PutItem(b.Context(), &sdk.PutItemInput{
				TableName: aws.String("orders"), ConditionExpression: aws.String("attribute_not_exists(p) OR version < :v"),
				ExpressionAttributeValues: attributes{":v": num("7")},
				Item:                      attributes{"p": str(fmt.Sprint(n.Add(1))), "r": str("v0"), "version": num("7"), "city": str("Lisbon")},
			})
			if err != nil {
				b.Fatal(err)
			}
		}
	})
}
