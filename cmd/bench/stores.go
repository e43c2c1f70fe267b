package main

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// items counts the items of a table.
func (d *deployment) items(ctx context.Context, table string) (n int, err error) {
	in := &dynamodb.ScanInput{TableName: &table, Select: dynamodbtypes.SelectCount}
	err = d.scan(ctx, in, func(page *dynamodb.ScanOutput) { n += int(page.Count) })
	return n, err
}

func (d *deployment) scan(ctx context.Context, in *dynamodb.ScanInput, take func(*dynamodb.ScanOutput)) error {
	pages := dynamodb.NewScanPaginator(dynamodb.NewFromConfig(d.config()), in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("scanning the table %s: %w", *in.TableName, err)
		}
		take(page)
	}
	return nil
}

// invoices counts the invoices of a bucket.
func (d *deployment) invoices(ctx context.Context, bucket string) (n int, err error) {
	client := s3.NewFromConfig(d.config(), func(o *s3.Options) { o.UsePathStyle = true })
	pages := s3.NewListObjectsV2Paginator(client, &s3.ListObjectsV2Input{Bucket: &bucket, Prefix: aws.String("invoices/")})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return 0, fmt.Errorf("listing the bucket %s: %w", bucket, err)
		}
		n += len(page.Contents)
	}
	return n, nil
}
