package s3

import (
	"crypto/md5"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/order-patterns/order-patterns/local/wire"
)

const (
	metaPrefix = "X-Amz-Meta-"
	maxKey     = 1024
	maxMeta    = 2048 // bytes of all names and values of user metadata
	sseHeader  = "X-Amz-Server-Side-Encryption"
)

var (
	putHeaders = []string{
		"X-Amz-Checksum-Crc32", "X-Amz-Checksum-Crc32c", "X-Amz-Checksum-Crc64nvme", "X-Amz-Checksum-Sha1", "X-Amz-Checksum-Sha256",
		"X-Amz-Sdk-Checksum-Algorithm", "X-Amz-Decoded-Content-Length", "X-Amz-Trailer", "X-Amz-Storage-Class", sseHeader,
	}
	// stored are the headers of a put that a get returns, beside the content type and user metadata.
	stored = []string{"Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Expires"}
	// overrides are parameters of a get that replace headers of its answer.
	overrides = []string{
		"response-cache-control", "response-content-disposition", "response-content-encoding", "response-content-language",
		"response-content-type", "response-expires",
	}
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
	algorithm := r.bucket.algorithm()
	ifNone := r.Header.Get("If-None-Match")
	switch class := r.Header.Get("X-Amz-Storage-Class"); {
	case len(r.key) > maxKey:
		return wire.Errorf(http.StatusBadRequest, "KeyTooLongError", "Your key is too long")
	case class != "" && class != "STANDARD":
		return wire.Unsupported("the storage class %s", class)
	case sse != "" && sse != algorithm:
		return wire.Unsupported("the server-side encryption %q in a bucket with %s", sse, algorithm)
	case ifNone != "" && ifNone != "*":
		return wire.Errorf(http.StatusNotImplemented, "NotImplemented", "A header you provided implies functionality that is not implemented: If-None-Match")
	}
	body, sum, err := r.payload()
	if err != nil {
		return err
	}
	o := &object{body: body, etag: md5.Sum(body), modified: s.now(), contentType: r.Header.Get("Content-Type"), checksum: sum}
	if o.contentType == "" {
		o.contentType = "binary/octet-stream"
	}
	if o.headers, err = storedHeaders(r.Header); err != nil {
		return err
	}
	key := strings.Clone(r.key) // which is a part of the whole URL
	if err := r.bucket.put(key, o, r.Header.Get("If-Match"), ifNone == "*"); err != nil {
		return err
	}
	r.bucket.describe(w.Header(), key, o)
	w.Header().Set(o.checksum.header, o.checksum.value)
	return nil
}

// storedHeaders picks the headers that belong to the object.
func storedHeaders(h http.Header) (map[string]string, error) {
	var kept map[string]string
	keep := func(name, value string) {
		if kept == nil {
			kept = map[string]string{}
		}
		kept[name] = value
	}
	for _, name := range stored {
		value := h.Get(name)
		if name == "Content-Encoding" { // aws-chunked is of the request
			value = strings.Trim(strings.Replace(value, "aws-chunked", "", 1), ", ")
		}
		if value != "" {
			keep(name, value)
		}
	}
	size := 0
	for name, values := range h {
		if suffix, ok := strings.CutPrefix(name, metaPrefix); ok {
			value := strings.Join(values, ",")
			size += len(suffix) + len(value)
			keep(name, value)
		}
	}
	if size > maxMeta {
		return nil, wire.Errorf(http.StatusBadRequest, "MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size")
	}
	return kept, nil
}

// describe sets the headers that a put and a get have in common.
func (b *bucket) describe(h http.Header, key string, o *object) {
	h.Set("ETag", o.tag())
	h.Set(sseHeader, b.algorithm())
	b.mu.RLock()
	defer b.mu.RUnlock()
	if at, rule := b.lifecycle.expiry(key, o); !at.IsZero() {
		h.Set("X-Amz-Expiration", fmt.Sprintf(`expiry-date="%s", rule-id="%s"`, at.Format(http.TimeFormat), rule))
	}
}

// getObject serves GET and HEAD: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
func (s *Service) getObject(w http.ResponseWriter, r *request) error {
	if err := s.authorize(r, "GetObject", r.key, nil); err != nil {
		return err
	}
	o := r.bucket.get(r.key, s.now())
	if o == nil {
		// Who may not list the bucket does not learn whether the key exists.
		if err := s.authorize(r, "ListBucket", "", nil); err != nil {
			return err
		}
		return noKey(r.key)
	}
	h := w.Header()
	r.bucket.describe(h, r.key, o)
	h.Set("Last-Modified", o.modified.Format(http.TimeFormat))
	h.Set("Accept-Ranges", "bytes")
	h.Set("Content-Type", o.contentType)
	for name, value := range o.headers {
		h.Set(name, value)
	}
	for _, name := range overrides {
		if value := r.query.Get(name); value != "" {
			if r.Principal.Anonymous() {
				return wire.Errorf(http.StatusBadRequest, "InvalidRequest", "Request specific response headers cannot be used for anonymous GET requests.")
			}
			h.Set(strings.TrimPrefix(name, "response-"), value)
		}
	}
	switch failed := r.unmet(o); failed {
	case "":
	case "If-None-Match", "If-Modified-Since":
		w.WriteHeader(http.StatusNotModified)
		return nil
	default:
		return preconditionFailed(failed)
	}
	body, status := o.body, http.StatusOK
	if first, last, ok := parseRange(r.Header.Get("Range"), len(body)); ok {
		if first >= len(body) {
			return &wire.Error{Status: http.StatusRequestedRangeNotSatisfiable, Code: "InvalidRange", Message: "The requested range is not satisfiable",
				Fields: map[string]any{"ActualObjectSize": len(body), "RangeRequested": r.Header.Get("Range")}}
		}
		h.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", first, last, len(body)))
		body, status = body[first:last+1], http.StatusPartialContent
	} else if strings.EqualFold(r.Header.Get("X-Amz-Checksum-Mode"), "ENABLED") {
		h.Set(o.checksum.header, o.checksum.value)
		h.Set("X-Amz-Checksum-Type", "FULL_OBJECT")
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the caller may have gone
	}
	return nil
}

// unmet names the condition of a read that does not hold; conditions on the ETag go before those on the time.
func (r *request) unmet(o *object) string {
	modified := o.modified.Truncate(time.Second)
	since := func(name string) (time.Time, bool) {
		t, err := http.ParseTime(r.Header.Get(name))
		return t, err == nil
	}
	if tag := r.Header.Get("If-Match"); tag != "" {
		if !matches(tag, o.tag()) {
			return "If-Match"
		}
	} else if t, ok := since("If-Unmodified-Since"); ok && modified.After(t) {
		return "If-Unmodified-Since"
	}
	if tag := r.Header.Get("If-None-Match"); tag != "" {
		if matches(tag, o.tag()) {
			return "If-None-Match"
		}
	} else if t, ok := since("If-Modified-Since"); ok && !modified.After(t) {
		return "If-Modified-Since"
	}
	return ""
}

// matches compares an ETag of a request, which may lack its quotes, with an object's.
func matches(want, tag string) bool {
	return want == "*" || strings.Trim(want, `"`) == strings.Trim(tag, `"`)
}

// parseRange reads a single range of bytes. S3 sends the whole object for what is none: another unit, several ranges.
func parseRange(header string, size int) (first, last int, ok bool) {
	from, to, found := strings.Cut(strings.TrimPrefix(header, "bytes="), "-")
	if !found || !strings.HasPrefix(header, "bytes=") {
		return 0, 0, false
	}
	if from == "" {
		n, err := strconv.Atoi(to)
		if err != nil || n < 0 {
			return 0, 0, false
		}
		if n == 0 {
			return size, size, true
		}
		return max(0, size-n), size - 1, true
	}
	first, err := strconv.Atoi(from)
	if err != nil || first < 0 {
		return 0, 0, false
	}
	last = size - 1
	if to != "" {
		n, err := strconv.Atoi(to)
		if err != nil || n < first {
			return 0, 0, false
		}
		last = min(last, n)
	}
	return first, last, true
}

// deleteObject follows https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html: a key that is not there
// is deleted as well as any.
func (s *Service) deleteObject(w http.ResponseWriter, r *request) error {
	if err := s.authorize(r, "DeleteObject", r.key, nil); err != nil {
		return err
	}
	if r.Header.Get("If-Match") != "" {
		return wire.Unsupported("DeleteObject with the header If-Match")
	}
	r.bucket.delete(r.key)
	w.WriteHeader(http.StatusNoContent)
	return nil
}
