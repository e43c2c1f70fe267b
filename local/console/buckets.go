package console

import (
	"context"
	"strings"
	"sync"

	"github.com/order-patterns/order-patterns/local/fault"
)

// bucketRequests counts requests to buckets. S3 publishes metrics of requests only for buckets that are configured for it:
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/configure-request-metrics-bucket.html
type bucketRequests struct {
	mu     sync.Mutex
	counts map[string]float64 // by ARN
}

// watch counts requests until stop is called. Those of a person are not counted: the page itself reads objects.
func (b *bucketRequests) watch(faults *fault.Injector) (stop func()) {
	b.counts = map[string]float64{}
	return faults.Add(fault.Rule{Action: "s3:*", Do: func(_ context.Context, e fault.Event) error {
		if bucket, _, _ := strings.Cut(e.Resource, "/"); !strings.Contains(e.Principal, ":user/") {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.counts[bucket]++
		}
		return nil
	}})
}

// take adds what was counted since the last call.
func (b *bucketRequests) take(nodes map[string]*Activity) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for bucket, n := range b.counts {
		if a := nodes[bucket]; a != nil {
			a.Total = n
		}
	}
	clear(b.counts)
}
