package s3

import (
	"encoding/xml"
	"net/http"
	"net/url"
	"strings"

	"github.com/order-patterns/order-patterns/local/wire"
)

const copySource = "X-Amz-Copy-Source"

type copyResult struct {
	XMLName            xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ CopyObjectResult"`
	ETag, LastModified string
}

// copyObject copies an object with its metadata: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
func (s *Service) copyObject(w http.ResponseWriter, r *request) error {
	source, err := url.PathUnescape(strings.TrimPrefix(r.Header.Get(copySource), "/"))
	from := *r
	var ok bool
	if from.bucketName, from.key, ok = strings.Cut(source, "/"); !ok || err != nil || strings.Contains(r.Header.Get(copySource), "?") {
		return wire.Unsupported("CopyObject with the source %s", r.Header.Get(copySource))
	}
	o, err := s.readable(&from)
	if err != nil {
		return err
	}
	if err := s.authorize(r, "PutObject", r.key, nil); err != nil {
		return err
	}
	if from.bucket == r.bucket && from.key == r.key {
		return badRequest("InvalidRequest", "This copy request is illegal because it is trying to copy an object to itself without changing "+
			"the object's metadata, storage class, website redirect location or encryption attributes.")
	}
	to := *o
	to.modified, to.kmsKey = s.now(), r.bucket.kmsKey()
	if err := s.useKey(r, to.kmsKey, "kms:GenerateDataKey"); err != nil {
		return err
	}
	if err := r.bucket.put(strings.Clone(r.key), &to, "", false); err != nil {
		return err
	}
	return writeXML(w, &copyResult{ETag: to.tag(), LastModified: to.modified.Format(timestamp)})
}
