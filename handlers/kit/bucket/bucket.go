// Package bucket writes objects to S3 once, however often a message is delivered.
//
// See https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
package bucket

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
)

// PutObjectAPI is the part of an S3 client that PutOnce uses. It needs s3:PutObject on the objects.
type PutObjectAPI interface {
	PutObject(context.Context, *s3.PutObjectInput, ...func(*s3.Options)) (*s3.PutObjectOutput, error)
}

// PutOnce writes an object if the bucket has none with its key. Otherwise the existing object stays, written is false, and the error is
// nil. It sets in.IfNoneMatch. After an error the result is unknown; calling PutOnce again is safe.
//
// In a bucket with versioning, it writes an object if the newest version of the key is a delete marker.
func PutOnce(ctx context.Context, client PutObjectAPI, in *s3.PutObjectInput) (written bool, err error) {
	in.IfNoneMatch = aws.String("*")
	_, err = client.PutObject(ctx, in, retryConflicts)
	if refused, ok := errors.AsType[smithy.APIError](err); ok && refused.ErrorCode() == "PreconditionFailed" {
		return false, nil
	}
	return err == nil, err
}

// retryConflicts retries the error that S3 returns while another request for the same key is in progress.
func retryConflicts(o *s3.Options) {
	o.Retryer = retry.AddWithErrorCodes(o.Retryer, "ConditionalRequestConflict")
}
