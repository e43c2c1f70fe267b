package picture

import (
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/order-patterns/order-patterns/handlers/kit/lambdaenv"
)

// BucketOf returns the bucket that the variable PICTURES_BUCKET names.
func BucketOf(env *lambdaenv.Env) *Bucket {
	return &Bucket{Client: s3.NewFromConfig(env.AWS), Name: env.Required("PICTURES_BUCKET")}
}

// TableOf returns the table that the variable PICTURES_TABLE names.
func TableOf(env *lambdaenv.Env) *Table {
	return NewTable(dynamodb.NewFromConfig(env.AWS), env.Required("PICTURES_TABLE"))
}
