package kit_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/order-patterns/order-patterns/handlers/kit/bucket"
	"github.com/order-patterns/order-patterns/handlers/kit/bucket/buckettest"
	"github.com/order-patterns/order-patterns/handlers/kit/item"
	"github.com/order-patterns/order-patterns/handlers/kit/table"
	"github.com/order-patterns/order-patterns/handlers/kit/table/tabletest"
)

// A table holds the newest item of each key, whatever the order of the messages, and however often each is delivered.
func Example_storeNewest() {
	memory := &tabletest.Table{Keys: []string{"id"}}
	pictures := table.Table{Writer: memory, Reader: memory, Name: "pictures", Key: "id"} // in main: dynamodb.NewFromConfig(env.AWS)
	for _, version := range []int64{1, 3, 2, 3} {
		stored, err := pictures.PutNewest(context.Background(), item.Item{
			"id": item.String("p1"), "version": item.Int(version), "title": item.String(fmt.Sprint("title ", version)),
		}, "version")
		fmt.Println(version, stored, err)
	}
	it, err := pictures.Get(context.Background(), item.Item{"id": item.String("p1")})
	fmt.Println(item.NewReader(it).String("title"), err)
	// Output:
	// 1 true <nil>
	// 3 true <nil>
	// 2 false <nil>
	// 3 true <nil>
	// title 3 <nil>
}

// A table or a bucket keeps the first item or object of a key.
func Example_storeOnce() {
	ctx := context.Background()
	memory, objects := &tabletest.Table{Keys: []string{"id"}}, &buckettest.Bucket{}
	pictures := table.Table{Writer: memory, Name: "pictures", Key: "id"}
	for _, owner := range []string{"ann", "bob"} {
		stored, there, err := pictures.PutOnce(ctx, item.Item{"id": item.String("p1"), "owner": item.String(owner)})
		fmt.Println(owner, stored, err)
		if !stored {
			fmt.Println("it is", item.NewReader(there).String("owner"))
		}
		name, key := "pictures", "p1.txt"
		written, err := bucket.PutOnce(ctx, objects, &s3.PutObjectInput{Bucket: &name, Key: &key, Body: strings.NewReader(owner)})
		fmt.Println(string(objects.Get(key)), written, err)
	}
	// Output:
	// ann true <nil>
	// ann true <nil>
	// bob false <nil>
	// it is ann
	// ann false <nil>
}
