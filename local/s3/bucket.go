package s3

import (
	"crypto/md5"
	"encoding/hex"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/order-patterns/order-patterns/local/policy"
)

// bucket is a bucket, its settings and its objects.
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
	headers     map[string]string // x-amz-meta-* and such as Cache-Control; nil for none
	checksum    checksum
	kmsKey      string      // empty without one
	inputs      *ObjectArgs // of the resource that made it; nil for none
}

func (o *object) tag() string { return `"` + hex.EncodeToString(o.etag[:]) + `"` }

// get returns an object, or nil.
func (b *bucket) get(key string) *object {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.objects[key]
}

// put stores an object, if the condition of the request on what is there holds.
func (b *bucket) put(key string, o *object, ifMatch string, ifNone bool) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	have := b.objects[key]
	switch {
	case ifMatch != "" && have == nil:
		return noKey(key)
	case ifNone && have != nil, ifMatch != "" && !matches(ifMatch, have.tag()):
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
	restricted := b.access != nil && isTrue(b.access.RestrictPublicBuckets)
	if b.policy == nil || (restricted && p.Anonymous()) {
		return nil
	}
	return b.policy.doc
}

// algorithm is how the bucket encrypts: AES256 unless it is set otherwise.
func (b *bucket) algorithm() string {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if b.encryption != nil && b.encryption.Rules[0].Default != nil {
		return b.encryption.Rules[0].Default.Algorithm
	}
	return "AES256"
}

// kmsKey is the key with which the bucket encrypts objects that have none of their own; empty without one.
func (b *bucket) kmsKey() string {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if b.encryption != nil && b.encryption.Rules[0].Default != nil && b.encryption.Rules[0].Default.Key != nil {
		return *b.encryption.Rules[0].Default.Key
	}
	return ""
}

func isTrue(b *bool) bool { return b != nil && *b }
