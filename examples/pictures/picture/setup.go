package picture

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/order-patterns/order-patterns/handlers/kit/lambdaenv"
)

// BucketOf returns the bucket that the variable BUCKET_NAME names.
func BucketOf(env *lambdaenv.Env) *Bucket {
	return &Bucket{Client: s3.NewFromConfig(env.AWS), Name: env.Required("BUCKET_NAME")}
}

// TableOf returns the table that the variable TABLE_NAME names.
func TableOf(env *lambdaenv.Env) *Table {
	return NewTable(dynamodb.NewFromConfig(env.AWS), env.Required("TABLE_NAME"), time.Now)
}
