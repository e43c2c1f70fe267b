package invoice

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// URLLife is how long a URL of Finder is valid. It expires earlier if the credentials that signed it do.
const URLLife = time.Hour

// ErrNotFound means that the account has no invoice, or none of the given vendor.
var ErrNotFound = errors.New("no invoice")

// ListObjectsAPI is the part of an S3 client that a Finder uses. It needs s3:ListBucket on the bucket.
type ListObjectsAPI interface {
	ListObjectsV2(context.Context, *s3.ListObjectsV2Input, ...func(*s3.Options)) (*s3.ListObjectsV2Output, error)
}

// PresignAPI signs URLs. The signer needs s3:GetObject on invoices/*, which S3 checks when a URL is used.
type PresignAPI interface {
	PresignGetObject(context.Context, *s3.GetObjectInput, ...func(*s3.PresignOptions)) (*v4.PresignedHTTPRequest, error)
}

// Finder finds the latest invoice.
type Finder struct {
	List    ListObjectsAPI
	Presign PresignAPI
	Bucket  string // Required
}

// pageSize is the number of keys that are listed if the first key is nearly always the result.
const pageSize = 8

// Latest returns the key of the account's latest invoice by order date. With a vendorID it returns the latest invoice of that vendor. The
// error is ErrNotFound if there is none.
//
// Without a vendor this takes one request. With a vendor it lists the account's newer invoices in pages of 1,000, until the first one of
// that vendor.
//
// See https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
func (f *Finder) Latest(ctx context.Context, accountID, vendorID string) (string, error) {
	in := &s3.ListObjectsV2Input{Bucket: aws.String(f.Bucket), Prefix: aws.String(AccountPrefix(accountID))}
	if vendorID == "" {
		in.MaxKeys = aws.Int32(pageSize)
	}
	var best keyParts
	pages := s3.NewListObjectsV2Paginator(f.List, in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return "", fmt.Errorf("listing the invoices of account %s: %w", accountID, err)
		}
		for _, object := range page.Contents {
			p, ok := parseKey(aws.ToString(object.Key), accountID)
			if !ok || vendorID != "" && p.vendorID != vendorID {
				continue
			}
			// The newest keys come first, so nothing after the first time found is later.
			if best.key != "" && p.rev != best.rev {
				return best.key, nil
			}
			if best.key == "" || p.outranks(best) {
				best = p
			}
		}
	}
	if best.key == "" {
		return "", ErrNotFound
	}
	return best.key, nil
}

// URL signs a URL with which anybody can read the object at key for URLLife.
func (f *Finder) URL(ctx context.Context, key string) (string, error) {
	signed, err := f.Presign.PresignGetObject(ctx, &s3.GetObjectInput{
		Bucket: aws.String(f.Bucket),
		Key:    aws.String(key),
	}, s3.WithPresignExpires(URLLife))
	if err != nil {
		return "", fmt.Errorf("signing a URL for %s: %w", key, err)
	}
	return signed.URL, nil
}
