// Package s3 is the embedded cloud's Amazon S3: buckets and the objects in them, in memory.
//
// Operations: PutObject, GetObject, HeadObject, DeleteObject, ListObjectsV2, ListBuckets, HeadBucket, and those that
// read a bucket's policy, encryption and public access block. Resource types: buckets and their settings.
//
// Differences from AWS:
//
//   - A request names its bucket in the path, as SDKs do for an endpoint whose host is an IP address.
//   - Not implemented, and refused by name: multipart and chunked uploads, batch deletes, versions, ACLs, tags,
//     object lock, ranges of objects, gets with If-Match or If-Unmodified-Since, and parameters that override the headers of
//     an answer.
//
// This is code of its own rather than github.com/johannesboyne/gofakes3, which takes sub-resources and headers that it
// does not know for plain requests, and neither checks nor returns x-amz-checksum-*.
package s3

import (
	"sync"
	"time"

	"github.com/order-patterns/order-patterns/local/account"
)

// Service keeps the account's buckets.
type Service struct {
	account *account.Account

	mu      sync.RWMutex
	buckets map[string]*bucket
}

// New returns a service without buckets.
func New(a *account.Account) *Service { return &Service{account: a, buckets: map[string]*bucket{}} }

// SigningName is s3.
func (s *Service) SigningName() string { return "s3" }

// find returns a bucket. The caller holds the lock.
func (s *Service) find(name string) (*bucket, error) {
	if b := s.buckets[name]; b != nil {
		return b, nil
	}
	return nil, noBucket(name)
}

func (s *Service) now() time.Time { return s.account.Clock.Now().UTC() }

func bucketARN(name string) string { return "arn:aws:s3:::" + name }
