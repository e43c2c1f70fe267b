package s3

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/wire"
)

type bucket struct {
	name    string
	created time.Time

	mu         sync.RWMutex
	inputs     BucketArgs
	access     *PublicAccessBlockArgs
	policy     *PolicyArgs
	encryption *EncryptionArgs
	ownership  *OwnershipArgs
	versioning *VersioningArgs // only recorded, as lifecycle
	lifecycle  *LifecycleArgs
	objects    map[string]*object
	// keys are the sorted keys of objects. Nil after an object was added or deleted: the next listing sorts them again.
	keys []string
}

// object is a stored object. It never changes, so it is read without the bucket's lock.
type object struct {
	body        []byte
	etag        [md5.Size]byte
	modified    time.Time
	contentType string
	checksum    checksum
	kmsKey      string      // empty without one
	inputs      *ObjectArgs // of the resource that made it; nil for none
}

func (o *object) tag() string { return `"` + hex.EncodeToString(o.etag[:]) + `"` }

func (b *bucket) get(key string) *object {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.objects[key]
}

// put stores an object, unless there is one and the request must not replace it.
func (b *bucket) put(key string, o *object, ifNone bool) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	have := b.objects[key]
	if ifNone && have != nil {
		return errPrecondition
	}
	if have == nil {
		b.keys = nil
	}
	b.objects[key] = o
	return nil
}

func (b *bucket) delete(key string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, ok := b.objects[key]; ok {
		delete(b.objects, key)
		b.keys = nil
	}
}

// sorted returns the bucket's keys in UTF-8 order. Callers must not change it.
func (b *bucket) sorted() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.keys == nil {
		b.keys = slices.Sorted(maps.Keys(b.objects))
	}
	return b.keys
}

// policyFor returns the bucket policy that applies to a caller: none for an anonymous one if the public access block
// restricts public buckets.
func (b *bucket) policyFor(p policy.Principal) *policy.Document {
	b.mu.RLock()
	defer b.mu.RUnlock()
	restricted := b.access != nil && aws.ToBool(b.access.RestrictPublicBuckets)
	if b.policy == nil || (restricted && p.Anonymous()) {
		return nil
	}
	return b.policy.doc
}

// encrypts returns how the bucket encrypts objects, AES256 unless it is set otherwise, and with which KMS key; empty without one.
func (b *bucket) encrypts() (algorithm, key string) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if b.encryption == nil || b.encryption.Rules[0].Default == nil {
		return "AES256", ""
	}
	return b.encryption.Rules[0].Default.Algorithm, aws.ToString(b.encryption.Rules[0].Default.Key)
}

// checksum is the checksum that an object was sent with, or CRC64NVME if it came without one:
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
type checksum struct{ header, value string }

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
	nvme       = crc64.MakeTable(0x9a6c9329ac4bc9b5)

	algorithms = map[string]func() hash.Hash{
		"X-Amz-Checksum-Crc32":     func() hash.Hash { return crc32.NewIEEE() },
		"X-Amz-Checksum-Crc32c":    func() hash.Hash { return crc32.New(castagnoli) },
		"X-Amz-Checksum-Crc64nvme": func() hash.Hash { return crc64.New(nvme) },
		"X-Amz-Checksum-Sha256":    sha256.New,
	}
)

func digest(h hash.Hash, body []byte) string {
	h.Write(body)
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

// payload returns the body that was sent and its checksum, after comparing it with the checksums of the request.
func (r *request) payload() ([]byte, checksum, error) {
	body := r.Body
	if mode := r.Header.Get("X-Amz-Content-Sha256"); strings.HasPrefix(mode, "STREAMING-") {
		return nil, checksum{}, wire.Unsupported("chunked uploads (x-amz-content-sha256: %s)", mode)
	}
	if want := r.Header.Get("Content-Md5"); want != "" && want != digest(md5.New(), body) {
		return nil, checksum{}, badRequest("BadDigest", "The Content-MD5 you specified did not match what we received.")
	}
	sum := checksum{}
	for header, algorithm := range algorithms {
		want := r.Header.Get(header)
		if want == "" {
			continue
		}
		if sum.header != "" {
			return nil, sum, badRequest("InvalidRequest", "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
		}
		if sum = (checksum{header, digest(algorithm(), body)}); sum.value != want {
			return nil, sum, badRequest("BadDigest", "The %s you specified did not match the calculated checksum.",
				strings.TrimPrefix(header, "X-Amz-Checksum-"))
		}
	}
	if sum.header == "" {
		return body, checksum{"X-Amz-Checksum-Crc64nvme", digest(crc64.New(nvme), body)}, nil
	}
	return body, sum, nil
}
