package s3

import (
	"encoding/base64"
	"encoding/xml"
	"net/http"
	"net/url"
	"sort"
	"strconv"
	"strings"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/wire"
)

const (
	namespace = "http://s3.amazonaws.com/doc/2006-03-01/"
	timestamp = "2006-01-02T15:04:05.000Z"
	maxKeys   = 1000 // of a page
)

func writeXML(w http.ResponseWriter, v any) error {
	text, err := xml.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/xml")
	_, _ = w.Write(append([]byte(xml.Header), text...)) // the caller may have gone
	return nil
}

type listResult struct {
	XMLName               xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ListBucketResult"`
	Name                  string
	Prefix                string
	Delimiter             string `xml:",omitempty"`
	StartAfter            string `xml:",omitempty"`
	EncodingType          string `xml:",omitempty"`
	ContinuationToken     string `xml:",omitempty"`
	NextContinuationToken string `xml:",omitempty"`
	MaxKeys, KeyCount     int
	IsTruncated           bool
	Contents              []listedObject
	CommonPrefixes        []commonPrefix
}

type listedObject struct {
	Key, LastModified, ETag, ChecksumAlgorithm, ChecksumType string
	Size                                                     int
	StorageClass                                             string
}

type commonPrefix struct{ Prefix string }

type owner struct{ ID string }

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
	out := &listResult{
		Name: r.bucketName, Prefix: r.query.Get("prefix"), Delimiter: r.query.Get("delimiter"), StartAfter: r.query.Get("start-after"),
		EncodingType: r.query.Get("encoding-type"), ContinuationToken: r.query.Get("continuation-token"), MaxKeys: maxKeys,
	}
	if text := r.query.Get("max-keys"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return invalidArgument("max-keys", text, "Provided max-keys not an integer or within integer range")
		}
		out.MaxKeys = min(n, maxKeys)
	}
	after := out.StartAfter
	if out.ContinuationToken != "" {
		last, err := base64.URLEncoding.DecodeString(out.ContinuationToken)
		if err != nil {
			return invalidArgument("continuation-token", out.ContinuationToken, "The continuation token provided is incorrect")
		}
		after = string(last)
	}
	switch {
	case r.query.Get("list-type") != "2":
		return wire.Unsupported("list-type=%s", r.query.Get("list-type"))
	case out.EncodingType != "" && out.EncodingType != "url":
		return invalidArgument("encoding-type", out.EncodingType, "Invalid Encoding Method specified in Request")
	}
	page, more := list(r.bucket.sorted(), out.Prefix, out.Delimiter, after, out.MaxKeys)
	for _, item := range page {
		o := r.bucket.get(item.name)
		switch {
		case item.common:
			out.CommonPrefixes = append(out.CommonPrefixes, commonPrefix{item.name})
		case o != nil: // else deleted since
			listed := listedObject{
				Key: item.name, LastModified: o.modified.Format(timestamp), ETag: o.tag(), Size: len(o.body), StorageClass: "STANDARD",
				ChecksumAlgorithm: strings.ToUpper(strings.TrimPrefix(o.checksum.header, "X-Amz-Checksum-")), ChecksumType: "FULL_OBJECT",
			}
			out.Contents = append(out.Contents, listed)
		}
	}
	if more {
		out.IsTruncated = true
		out.NextContinuationToken = base64.URLEncoding.EncodeToString([]byte(page[len(page)-1].name))
	}
	out.KeyCount = len(out.Contents) + len(out.CommonPrefixes)
	out.encode()
	return writeXML(w, out)
}

// encode escapes keys for who asked for it: XML cannot carry every character of a key.
func (l *listResult) encode() {
	if l.EncodingType == "" {
		return
	}
	escape := func(s *string) {
		*s = strings.NewReplacer("+", "%20", "%2F", "/").Replace(url.QueryEscape(*s))
	}
	for _, s := range []*string{&l.Prefix, &l.Delimiter, &l.StartAfter} {
		escape(s)
	}
	for i := range l.Contents {
		escape(&l.Contents[i].Key)
	}
	for i := range l.CommonPrefixes {
		escape(&l.CommonPrefixes[i].Prefix)
	}
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

type listBucketsResult struct {
	XMLName xml.Name     `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ListAllMyBucketsResult"`
	Owner   owner        `xml:"Owner"`
	Buckets []bucketItem `xml:"Buckets>Bucket"`
}

type bucketItem struct{ Name, CreationDate, BucketRegion string }

func (s *Service) listBuckets(w http.ResponseWriter, r *request) error {
	if err := r.Authorize("s3:ListAllMyBuckets", bucketARN("*")); err != nil {
		return err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return writeXML(w, &listBucketsResult{Owner: owner{account.ID}, Buckets: wire.List(s.buckets, func(b *bucket) bucketItem {
		return bucketItem{b.name, b.created.Format(timestamp), account.Region}
	})})
}
