// Package s3 is the embedded cloud's Amazon S3: buckets and the objects in them, in memory.
//
// Operations: PutObject, GetObject, HeadObject, DeleteObject, ListObjectsV2, ListBuckets, HeadBucket, and those that
// read a bucket's policy, encryption and public access block. Resource types: buckets and their settings.
//
// Differences from AWS:
//
//   - A request names its bucket in the path, as SDKs do for an endpoint whose host is an IP address.
//   - Not implemented, and refused by name: multipart and chunked uploads, copies, batch deletes, versions, ACLs, tags, user
//     metadata, object lock, ranges of objects, If-Match and If-Unmodified-Since, and parameters that override the headers of
//     an answer.
//
// This is code of its own rather than github.com/johannesboyne/gofakes3, which takes sub-resources and headers that it
// does not know for plain requests, and neither checks nor returns x-amz-checksum-*.
package s3

import (
	"net/http"
	"sync"
	"time"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/wire"
)

// Service keeps the account's buckets.
type Service struct {
	wire.Name
	account *account.Account

	mu      sync.RWMutex
	buckets map[string]*bucket
}

// New returns a service without buckets.
func New(a *account.Account) *Service {
	return &Service{Name: "s3", account: a, buckets: map[string]*bucket{}}
}

// find returns a bucket. The caller holds the lock.
func (s *Service) find(name string) (*bucket, error) {
	return wire.Found(s.buckets[name], &wire.Error{Status: http.StatusNotFound, Code: "NoSuchBucket",
		Message: "The specified bucket does not exist", Fields: map[string]any{"BucketName": name}})
}

func (s *Service) now() time.Time { return s.account.Clock.Now().UTC() }

func bucketARN(name string) string { return "arn:aws:s3:::" + name }

// Throttled is the error of a prefix that gets more requests than it serves:
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html
func Throttled() error {
	return wire.Errorf(http.StatusServiceUnavailable, "SlowDown", "Please reduce your request rate.")
}

var errPrecondition = wire.Errorf(http.StatusPreconditionFailed, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")

func badRequest(code, format string, args ...any) error {
	return wire.Errorf(http.StatusBadRequest, code, format, args...)
}

func noKey(key string) error {
	return &wire.Error{Status: http.StatusNotFound, Code: "NoSuchKey", Message: "The specified key does not exist.",
		Fields: map[string]any{"Key": key}}
}

func invalidArgument(name, value, message string) error {
	return &wire.Error{Status: http.StatusBadRequest, Code: "InvalidArgument", Message: message,
		Fields: map[string]any{"ArgumentName": name, "ArgumentValue": value}}
}
