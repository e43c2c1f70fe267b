package s3

import (
	"bytes"
	"cmp"
	"crypto/md5"
	"errors"
	"net/http"
	"strings"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/wire"
)

const (
	maxKey    = 1024
	sseHeader = "X-Amz-Server-Side-Encryption"
)

var (
	putHeaders = []string{
		"X-Amz-Checksum-Crc32", "X-Amz-Checksum-Crc32c", "X-Amz-Checksum-Crc64nvme", "X-Amz-Checksum-Sha256",
		"X-Amz-Sdk-Checksum-Algorithm", "X-Amz-Storage-Class", sseHeader,
	}
	refusedOnGet = []string{"Range", "If-Match", "If-Unmodified-Since"}
	// The content type is the only header of a put that a get returns.
	refusedOnPut = []string{"Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Expires", "If-Match"}
)

// putObject follows https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
func (s *Service) putObject(w http.ResponseWriter, r *request) error {
	var keys map[string]string
	sse := r.Header.Get(sseHeader)
	if sse != "" {
		keys = map[string]string{"s3:x-amz-server-side-encryption": sse}
	}
	if err := s.authorize(r, "PutObject", r.key, keys); err != nil {
		return err
	}
	algorithm, kmsKey := r.bucket.encrypts()
	ifNone := r.Header.Get("If-None-Match")
	switch class := r.Header.Get("X-Amz-Storage-Class"); {
	case len(r.key) > maxKey:
		return badRequest("KeyTooLongError", "Your key is too long")
	case class != "" && class != "STANDARD":
		return wire.Unsupported("the storage class %s", class)
	case sse != "" && sse != algorithm:
		return wire.Unsupported("the server-side encryption %q in a bucket with %s", sse, algorithm)
	case ifNone != "" && ifNone != "*":
		return wire.Errorf(http.StatusNotImplemented, "NotImplemented", "A header you provided implies functionality that is not implemented: If-None-Match")
	}
	if err := s.useKey(r, kmsKey, "kms:GenerateDataKey"); err != nil {
		return err
	}
	body, sum, err := r.payload()
	if err != nil {
		return err
	}
	o := &object{body: body, etag: md5.Sum(body), modified: s.now(), checksum: sum, kmsKey: kmsKey,
		contentType: cmp.Or(r.Header.Get("Content-Type"), "binary/octet-stream")}
	key := strings.Clone(r.key) // which is a part of the whole URL
	if err := r.bucket.put(key, o, ifNone == "*"); err != nil {
		return err
	}
	r.bucket.describe(w.Header(), o)
	return nil
}

func (s *Service) readable(r *request) (*object, error) {
	if err := s.authorize(r, "GetObject", r.key, nil); err != nil {
		return nil, err
	}
	if o := r.bucket.get(r.key); o != nil {
		return o, s.useKey(r, o.kmsKey, "kms:Decrypt")
	}
	// Who may not list the bucket does not learn whether the key exists.
	if err := s.authorize(r, "ListBucket", "", nil); err != nil {
		return nil, err
	}
	return nil, noKey(r.key)
}

// useKey authorizes the caller's use of the key of an object. The signer of a presigned URL is its caller.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
func (s *Service) useKey(r *request, key, action string) error {
	err := s.account.UseKey(r.Context(), account.KeyUse{
		Principal: r.Principal, Service: "s3", Key: key, Context: map[string]string{"aws:s3:arn": bucketARN(r.bucketName) + "/" + r.key},
	}, action)
	if denied, ok := errors.AsType[*account.KeyError](err); ok && denied.Reason == "AccessDenied" {
		return wire.Errorf(http.StatusForbidden, "AccessDenied", "%s", denied.Message)
	}
	return wire.KeyError(err, http.StatusBadRequest, "KMS.%sException", "")
}

func (b *bucket) describe(h http.Header, o *object) {
	h.Set("ETag", o.tag())
	algorithm, _ := b.encrypts()
	h.Set(sseHeader, algorithm)
	if o.kmsKey != "" {
		h.Set(sseHeader, "aws:kms")
		h.Set(sseHeader+"-Aws-Kms-Key-Id", o.kmsKey)
	}
	h.Set(o.checksum.header, o.checksum.value)
}

// getObject serves GET and HEAD: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
func (s *Service) getObject(w http.ResponseWriter, r *request) error {
	o, err := s.readable(r)
	if err != nil {
		return err
	}
	h := w.Header()
	r.bucket.describe(h, o)
	h.Set("Content-Type", o.contentType)
	h.Set("X-Amz-Checksum-Type", "FULL_OBJECT")
	if !strings.EqualFold(r.Header.Get("X-Amz-Checksum-Mode"), "ENABLED") {
		h.Del(o.checksum.header)
		h.Del("X-Amz-Checksum-Type")
	}
	http.ServeContent(w, r.Request, "", o.modified, bytes.NewReader(o.body))
	return nil
}

// deleteObject follows https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html: a key that is not there
// is deleted as well as any.
func (s *Service) deleteObject(w http.ResponseWriter, r *request) error {
	r.bucket.delete(r.key)
	w.WriteHeader(http.StatusNoContent)
	return nil
}
