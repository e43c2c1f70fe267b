package coffeetest

import (
	"context"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"
)

// Bucket is an S3 bucket of invoices in memory. It refuses to overwrite an object. The zero value is empty.
type Bucket struct {
	Objects  map[string]string // by key
	Fails    map[string]error  // by order id; the error of a put without effect
	Lose     error             // the error of a put with effect
	Deadline time.Time         // of the last put

	mu sync.Mutex
}

// PutObject puts an object if there is none with its key.
func (b *Bucket) PutObject(ctx context.Context, in *s3.PutObjectInput, _ ...func(*s3.Options)) (*s3.PutObjectOutput, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.Deadline, _ = ctx.Deadline()
	key := aws.ToString(in.Key)
	for id, err := range b.Fails {
		if strings.Contains(key, "/"+id+"/") {
			return nil, err
		}
	}
	if _, taken := b.Objects[key]; taken {
		return nil, &smithy.GenericAPIError{Code: "PreconditionFailed"}
	}
	body, err := io.ReadAll(in.Body)
	if err != nil {
		return nil, err
	}
	if b.Objects == nil {
		b.Objects = map[string]string{}
	}
	b.Objects[key] = string(body)
	return &s3.PutObjectOutput{}, b.Lose
}

// Invoiced returns the ids of the orders that have an invoice, sorted.
func (b *Bucket) Invoiced(t testing.TB) (ids []string) {
	t.Helper()
	for _, body := range b.Objects {
		var d struct{ OrderID string }
		require.NoError(t, json.Unmarshal([]byte(body), &d))
		ids = append(ids, d.OrderID)
	}
	slices.Sort(ids)
	return ids
}
