package invoice

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"github.com/order-patterns/order-patterns/order/coffee"
)

// PutObjectAPI is the part of an S3 client that a Writer uses. Needs s3:PutObject on invoices/*.
type PutObjectAPI interface {
	PutObject(context.Context, *s3.PutObjectInput, ...func(*s3.Options)) (*s3.PutObjectOutput, error)
}

// Writer writes invoices to a bucket.
type Writer struct {
	Client PutObjectAPI
	Bucket string // Required
}

// Put writes the invoice of an order, and returns its key. written is false if it was there already. After an error the
// outcome is unknown; putting it again is safe.
//
// See https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
func (w *Writer) Put(ctx context.Context, o coffee.Order) (key string, written bool, err error) {
	doc, err := New(o)
	if err != nil {
		return "", false, err
	}
	body, err := coffee.EncodeJSON(doc)
	if err != nil {
		return "", false, fmt.Errorf("encoding the invoice of order %s: %w", o.OrderID, err)
	}
	key = Key(o, doc)
	_, err = w.Client.PutObject(ctx, &s3.PutObjectInput{
		Bucket:      aws.String(w.Bucket),
		Key:         aws.String(key),
		Body:        bytes.NewReader(body),
		ContentType: aws.String("application/json"),
		IfNoneMatch: aws.String("*"),
	}, retryConflicts)
	var refused smithy.APIError
	if errors.As(err, &refused) && refused.ErrorCode() == "PreconditionFailed" {
		return key, false, nil
	}
	if err != nil {
		return key, false, fmt.Errorf("writing the invoice of order %s to bucket %s: %w", o.OrderID, w.Bucket, err)
	}
	return key, true, nil
}

// retryConflicts retries the error that S3 returns while another request for the same key is in progress.
func retryConflicts(o *s3.Options) {
	o.Retryer = retry.AddWithErrorCodes(o.Retryer, "ConditionalRequestConflict")
}
