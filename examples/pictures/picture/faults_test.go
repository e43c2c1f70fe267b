package picture_test

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/order-patterns/order-patterns/examples/pictures/picture"
	"github.com/order-patterns/order-patterns/examples/pictures/picture/picturetest"
)

// faults stand before the bucket and the table of a world. The requests from first to last fail; they count from 1. With lost the
// first of them is carried out, and its answer is lost.
type faults struct {
	*picturetest.World
	first, last int
	lost        bool
	n           int
}

// Tasks are the tasks of the world, behind the faults.
func (f *faults) Tasks() picture.Tasks {
	return picture.Tasks{Bucket: &picture.Bucket{Client: f, Name: "pictures"}, Table: picture.NewTable(f, "pictures")}
}

func through[O any](f *faults, do func() (O, error)) (none O, err error) {
	f.n++
	if f.n < f.first || f.n > f.last {
		return do()
	}
	if f.lost && f.n == f.first {
		_, _ = do()
	}
	return none, errors.New("the connection was closed")
}

func (f *faults) PutObject(ctx context.Context, in *s3.PutObjectInput, _ ...func(*s3.Options)) (*s3.PutObjectOutput, error) {
	return through(f, func() (*s3.PutObjectOutput, error) { return f.Objects.PutObject(ctx, in) })
}

func (f *faults) GetObject(ctx context.Context, in *s3.GetObjectInput, _ ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	return through(f, func() (*s3.GetObjectOutput, error) { return f.Objects.GetObject(ctx, in) })
}

func (f *faults) DeleteObject(ctx context.Context, in *s3.DeleteObjectInput, _ ...func(*s3.Options)) (*s3.DeleteObjectOutput, error) {
	return through(f, func() (*s3.DeleteObjectOutput, error) { return f.Objects.DeleteObject(ctx, in) })
}

func (f *faults) PutItem(ctx context.Context, in *dynamodb.PutItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	return through(f, func() (*dynamodb.PutItemOutput, error) { return f.Items.PutItem(ctx, in) })
}

func (f *faults) GetItem(ctx context.Context, in *dynamodb.GetItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	return through(f, func() (*dynamodb.GetItemOutput, error) { return f.Items.GetItem(ctx, in) })
}
