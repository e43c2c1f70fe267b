package s3

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/wire"
)

type request struct {
	*wire.Call
	bucketName, key string
	query           url.Values
	bucket          *bucket // nil until authorized
}

// operation is one operation of the API, with the query parameters and x-amz- headers that it understands. Any other
// is refused, because it might change what the caller means, and so are some headers of HTTP. An operation without an action
// authorizes itself.
type operation struct {
	name, action            string
	query, headers, refused []string
	serve                   func(*Service, http.ResponseWriter, *request) error
}

// operations are found by method, by what the path names and by the query parameter that selects a sub-resource.
var operations = map[string]operation{
	"GET service":   {name: "ListBuckets", serve: (*Service).listBuckets},
	"HEAD bucket":   {name: "HeadBucket", action: "ListBucket", serve: (*Service).headBucket},
	"PUT object":    {name: "PutObject", headers: putHeaders, refused: refusedOnPut, serve: (*Service).putObject},
	"GET object":    {name: "GetObject", headers: []string{"X-Amz-Checksum-Mode"}, refused: refusedOnGet, serve: (*Service).getObject},
	"HEAD object":   {name: "HeadObject", headers: []string{"X-Amz-Checksum-Mode"}, refused: refusedOnGet, serve: (*Service).getObject},
	"DELETE object": {name: "DeleteObject", action: "DeleteObject", refused: []string{"If-Match"}, serve: (*Service).deleteObject},
	"GET bucket list-type": {name: "ListObjectsV2", serve: (*Service).listObjects, query: []string{
		"prefix", "delimiter", "max-keys", "continuation-token", "start-after", "encoding-type",
	}},
	"GET bucket policy":            {name: "GetBucketPolicy", action: "GetBucketPolicy", serve: (*Service).getPolicy},
	"GET bucket encryption":        {name: "GetBucketEncryption", action: "GetEncryptionConfiguration", serve: (*Service).getEncryption},
	"GET bucket publicAccessBlock": {name: "GetPublicAccessBlock", action: "GetBucketPublicAccessBlock", serve: (*Service).getPublicAccessBlock},
}

// Headers and query parameters that any request may have: those of the signature, and x-id, which only names the
// operation.
var (
	signatureParameters = []string{
		"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-Signedheaders", "X-Amz-Signature",
		"X-Amz-Security-Token", "X-Amz-Content-Sha256",
	}
	commonHeaders = append([]string{"X-Amz-User-Agent"}, signatureParameters...)
)

// ServeAWS implements wire.Service.
func (s *Service) ServeAWS(w http.ResponseWriter, c *wire.Call) {
	w.Header().Set("X-Amz-Request-Id", c.RequestID)
	err := c.Respond(w, func(w http.ResponseWriter, c *wire.Call) error {
		r := &request{Call: c, query: c.URL.Query()}
		r.bucketName, r.key, _ = strings.Cut(strings.TrimPrefix(c.URL.Path, "/"), "/")
		op, err := r.operation()
		if err != nil {
			return err
		}
		c.Operation = op.name
		if op.action != "" {
			if err := s.authorize(r, op.action, r.key, nil); err != nil {
				return err
			}
		}
		return op.serve(s, w, r)
	})
	if err != nil {
		wire.WriteXMLError(w, c, err)
	}
}

// operation finds what is asked for, and refuses what it does not understand of it.
func (r *request) operation() (*operation, error) {
	scope := r.Method + " object"
	switch {
	case r.bucketName == "":
		scope = r.Method + " service"
	case r.key == "":
		scope = r.Method + " bucket"
	}
	op, ok := operations[scope]
	selector := ""
	for name := range r.query {
		if sub, found := operations[scope+" "+name]; found {
			op, ok, selector = sub, true, name
		}
	}
	for name := range r.query {
		header := http.CanonicalHeaderKey(name)
		switch {
		case name == selector || name == "x-id" || slices.Contains(op.query, name):
		case r.Presigned && slices.Contains(signatureParameters, header):
		case r.Presigned && strings.HasPrefix(header, "X-Amz-") && r.Header.Get(header) == "":
			r.Header.Set(header, r.query.Get(name)) // a presigned URL carries headers so
		default:
			return nil, wire.Unsupported("%s %s with the query parameter %q", r.Method, r.URL.Path, name)
		}
	}
	if !ok {
		return nil, wire.Unsupported("%s %s", r.Method, r.URL.Path)
	}
	for name := range r.Header {
		unknown := strings.HasPrefix(name, "X-Amz-") && !slices.Contains(op.headers, name) && !slices.Contains(commonHeaders, name)
		if unknown || slices.Contains(op.refused, name) {
			return nil, wire.Unsupported("%s with the header %s", op.name, name)
		}
	}
	return &op, nil
}

// authorize decides an action on the request's bucket, or on an object in it if key is not empty, and finds the bucket.
func (s *Service) authorize(r *request, action, key string, keys map[string]string) error {
	arn := bucketARN(r.bucketName)
	if key != "" {
		arn += "/" + key
	}
	s.mu.RLock()
	b, missing := s.find(r.bucketName)
	s.mu.RUnlock()
	var doc *policy.Document
	if missing == nil {
		doc = b.policyFor(r.Principal)
	}
	if err := r.Authorize("s3:"+action, arn, wire.With{ResourcePolicy: doc, Keys: keys}); err != nil {
		return err
	}
	r.bucket = b
	return missing
}

func (s *Service) headBucket(w http.ResponseWriter, _ *request) error {
	w.Header().Set("X-Amz-Bucket-Region", account.Region)
	return nil
}

func (s *Service) getPolicy(w http.ResponseWriter, r *request) error {
	r.bucket.mu.RLock()
	defer r.bucket.mu.RUnlock()
	if r.bucket.policy == nil {
		return wire.Errorf(http.StatusNotFound, "NoSuchBucketPolicy", "The bucket policy does not exist")
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte(r.bucket.policy.Policy)) // the caller may have gone
	return nil
}

func (s *Service) getEncryption(w http.ResponseWriter, r *request) error {
	algorithm, _ := r.bucket.encrypts()
	r.bucket.mu.RLock()
	defer r.bucket.mu.RUnlock()
	wire.WriteXML(w, "ServerSideEncryptionConfiguration", wire.Object{"Rule": wire.Object{
		"ApplyServerSideEncryptionByDefault": wire.Object{"SSEAlgorithm": algorithm},
		"BucketKeyEnabled":                   r.bucket.encryption != nil && aws.ToBool(r.bucket.encryption.Rules[0].BucketKeyEnabled),
	}})
	return nil
}

func (s *Service) getPublicAccessBlock(w http.ResponseWriter, r *request) error {
	r.bucket.mu.RLock()
	defer r.bucket.mu.RUnlock()
	a := r.bucket.access
	if a == nil {
		return wire.Errorf(http.StatusNotFound, "NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found")
	}
	wire.WriteXML(w, "PublicAccessBlockConfiguration", wire.Object{
		"BlockPublicAcls": aws.ToBool(a.BlockPublicAcls), "IgnorePublicAcls": aws.ToBool(a.IgnorePublicAcls),
		"BlockPublicPolicy": aws.ToBool(a.BlockPublicPolicy), "RestrictPublicBuckets": aws.ToBool(a.RestrictPublicBuckets),
	})
	return nil
}
