package invoice

import (
	"bytes"
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/order-patterns/order-patterns/handlers/kit/bucket"
	"github.com/order-patterns/order-patterns/order/coffee"
)

// Writer writes invoices to a bucket. It needs s3:PutObject on invoices/*.
type Writer struct {
	Client bucket.PutObjectAPI
	Bucket string // Required
}

// Put writes the invoice of an order, and returns its key. written is false if the invoice existed already. After an error the result is
// unknown; calling Put again is safe.
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
	written, err = bucket.PutOnce(ctx, w.Client, &s3.PutObjectInput{
		Bucket:      aws.String(w.Bucket),
		Key:         aws.String(key),
		Body:        bytes.NewReader(body),
		ContentType: aws.String("application/json"),
	})
	if err != nil {
		return key, false, fmt.Errorf("writing the invoice of order %s to bucket %s: %w", o.OrderID, w.Bucket, err)
	}
	return key, written, nil
}
