package s3

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"sort"
	"strconv"
	"strings"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/wire"
)

const (
	timestamp = "2006-01-02T15:04:05.000Z"
	maxKeys   = 1000 // of a page
)

// listObjects follows https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
func (s *Service) listObjects(w http.ResponseWriter, r *request) error {
	keys := map[string]string{}
	for _, name := range []string{"prefix", "delimiter", "max-keys"} {
		if r.query.Has(name) {
			keys["s3:"+name] = r.query.Get(name)
		}
	}
	if err := s.authorize(r, "ListBucket", "", keys); err != nil {
		return err
	}
	limit := maxKeys
	if text := r.query.Get("max-keys"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return invalidArgument("max-keys", text, "Provided max-keys not an integer or within integer range")
		}
		limit = min(n, maxKeys)
	}
	prefix, delimiter, after := r.query.Get("prefix"), r.query.Get("delimiter"), r.query.Get("start-after")
	token, encoding := r.query.Get("continuation-token"), r.query.Get("encoding-type")
	out := wire.Object{"Name": r.bucketName, "Prefix": escape(prefix, encoding), "MaxKeys": limit}.With(wire.Object{
		"Delimiter": escape(delimiter, encoding), "StartAfter": escape(after, encoding), "EncodingType": encoding, "ContinuationToken": token,
	})
	if token != "" {
		last, err := base64.URLEncoding.DecodeString(token)
		if err != nil {
			return invalidArgument("continuation-token", token, "The continuation token provided is incorrect")
		}
		after = string(last)
	}
	switch {
	case r.query.Get("list-type") != "2":
		return wire.Unsupported("list-type=%s", r.query.Get("list-type"))
	case encoding != "" && encoding != "url":
		return invalidArgument("encoding-type", encoding, "Invalid Encoding Method specified in Request")
	}
	page, more := list(r.bucket.sorted(), prefix, delimiter, after, limit)
	var contents, prefixes []wire.Object
	for _, item := range page {
		o := r.bucket.get(item.name)
		switch {
		case item.common:
			prefixes = append(prefixes, wire.Object{"Prefix": escape(item.name, encoding)})
		case o != nil: // else deleted since
			contents = append(contents, wire.Object{
				"Key": escape(item.name, encoding), "LastModified": o.modified.Format(timestamp), "ETag": o.tag(), "Size": len(o.body),
				"ChecksumAlgorithm": strings.ToUpper(strings.TrimPrefix(o.checksum.header, "X-Amz-Checksum-")), "ChecksumType": "FULL_OBJECT",
				"StorageClass": "STANDARD",
			})
		}
	}
	if more {
		out["NextContinuationToken"] = base64.URLEncoding.EncodeToString([]byte(page[len(page)-1].name))
	}
	out["IsTruncated"], out["KeyCount"], out["Contents"], out["CommonPrefixes"] = more, len(contents)+len(prefixes), contents, prefixes
	wire.WriteXML(w, "ListBucketResult", out)
	return nil
}

// escape escapes a key for who asked for it: XML cannot carry every character of a key.
func escape(key, encoding string) string {
	if encoding == "" {
		return key
	}
	return strings.NewReplacer("+", "%20", "%2F", "/").Replace(url.QueryEscape(key))
}

// listItem is a key, or the common prefix that stands for all keys with it.
type listItem struct {
	name   string
	common bool
}

// list returns the first items behind after, up to limit, and whether there are more. keys are sorted.
func list(keys []string, prefix, delimiter, after string, limit int) (page []listItem, more bool) {
	i := sort.SearchStrings(keys, max(prefix, after))
	for i < len(keys) && strings.HasPrefix(keys[i], prefix) {
		item := listItem{name: keys[i]}
		next := i + 1
		if at := strings.Index(keys[i][len(prefix):], delimiter); delimiter != "" && at >= 0 {
			item = listItem{keys[i][:len(prefix)+at+len(delimiter)], true}
			next = i + sort.Search(len(keys)-i, func(n int) bool { return !strings.HasPrefix(keys[i+n], item.name) })
		}
		i = next
		if item.name <= after {
			continue
		}
		if len(page) == limit {
			return page, limit > 0
		}
		page = append(page, item)
	}
	return page, false
}

func (s *Service) listBuckets(w http.ResponseWriter, r *request) error {
	if err := r.Authorize("s3:ListAllMyBuckets", bucketARN("*")); err != nil {
		return err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	buckets := wire.List(s.buckets, func(b *bucket) wire.Object {
		return wire.Object{"Name": b.name, "CreationDate": b.created.Format(timestamp), "BucketRegion": account.Region}
	})
	wire.WriteXML(w, "ListAllMyBucketsResult", wire.Object{"Owner": wire.Object{"ID": account.ID}, "Buckets": wire.Object{"Bucket": buckets}})
	return nil
}
