package s3

import (
	"encoding/xml"
	"net/http"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/wire"
)

func (s *Service) headBucket(w http.ResponseWriter, r *request) error {
	if err := s.authorize(r, "ListBucket", "", nil); err != nil {
		return err
	}
	w.Header().Set("X-Amz-Bucket-Region", account.Region)
	return nil
}

func (s *Service) getPolicy(w http.ResponseWriter, r *request) error {
	if err := s.authorize(r, "GetBucketPolicy", "", nil); err != nil {
		return err
	}
	r.bucket.mu.RLock()
	defer r.bucket.mu.RUnlock()
	if r.bucket.policy == nil {
		return wire.Errorf(http.StatusNotFound, "NoSuchBucketPolicy", "The bucket policy does not exist")
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte(r.bucket.policy.Policy)) // the caller may have gone
	return nil
}

type encryptionResult struct {
	XMLName   xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ServerSideEncryptionConfiguration"`
	Algorithm string   `xml:"Rule>ApplyServerSideEncryptionByDefault>SSEAlgorithm"`
	BucketKey bool     `xml:"Rule>BucketKeyEnabled"`
}

func (s *Service) getEncryption(w http.ResponseWriter, r *request) error {
	if err := s.authorize(r, "GetEncryptionConfiguration", "", nil); err != nil {
		return err
	}
	out := encryptionResult{Algorithm: r.bucket.algorithm()}
	r.bucket.mu.RLock()
	out.BucketKey = r.bucket.encryption != nil && isTrue(r.bucket.encryption.Rules[0].BucketKeyEnabled)
	r.bucket.mu.RUnlock()
	return writeXML(w, out)
}

type publicAccessBlockResult struct {
	XMLName                                                                     xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ PublicAccessBlockConfiguration"`
	BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets bool
}

func (s *Service) getPublicAccessBlock(w http.ResponseWriter, r *request) error {
	if err := s.authorize(r, "GetBucketPublicAccessBlock", "", nil); err != nil {
		return err
	}
	r.bucket.mu.RLock()
	a := r.bucket.access
	r.bucket.mu.RUnlock()
	if a == nil {
		return wire.Errorf(http.StatusNotFound, "NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found")
	}
	return writeXML(w, publicAccessBlockResult{
		BlockPublicAcls: isTrue(a.BlockPublicAcls), IgnorePublicAcls: isTrue(a.IgnorePublicAcls),
		BlockPublicPolicy: isTrue(a.BlockPublicPolicy), RestrictPublicBuckets: isTrue(a.RestrictPublicBuckets),
	})
}
