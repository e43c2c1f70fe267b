package kinesis

import (
	"context"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/internal/cloudtest"
	"github.com/order-patterns/order-patterns/local/policy"
)

const (
	streamType   = "aws:kinesis/stream:Stream"
	consumerType = "aws:kinesis/streamConsumer:StreamConsumer"
	shard0       = "shardId-000000000000"
)

var ordersARN = StreamARN("orders")

// cloud is a Kinesis behind a real endpoint, with a clock that stands still.
type cloud struct {
	*cloudtest.Cloud
	s      *Service
	client *sdk.Client // may do everything
	admin  policy.Principal
}

func newCloud(t testing.TB) *cloud {
	t.Helper()
	c := &cloud{Cloud: cloudtest.New()}
	c.s = New(c.Account)
	c.Serve(t, c.s)
	c.client = sdk.NewFromConfig(c.Admin)
	c.admin = c.administrator()
	return c
}

func (c *cloud) administrator() policy.Principal {
	id, _ := c.IAM.Lookup(c.IAM.AddAdministrator("reader").AccessKeyID)
	return id.Principal
}

// newStreamOnly has the stream orders, and no endpoint.
func newStreamOnly(shards int) *cloud {
	c := &cloud{Cloud: cloudtest.New()}
	c.s, c.admin = New(c.Account), c.administrator()
	c.s.streams["orders"] = newStream(&StreamArgs{Name: aws.String("orders"), ShardCount: &shards}, c.Clock.Now())
	return c
}

// newOrders has the stream orders with so many shards.
func newOrders(t testing.TB, shards int) *cloud {
	t.Helper()
	c := newCloud(t)
	c.MustDeploy(t, streamType, map[string]any{"name": "orders", "shardCount": shards})
	return c
}

func (c *cloud) put(t testing.TB, key, data string) *sdk.PutRecordOutput {
	t.Helper()
	out, err := c.client.PutRecord(t.Context(), &sdk.PutRecordInput{StreamName: aws.String("orders"), PartitionKey: &key, Data: []byte(data)})
	require.NoError(t, err)
	return out
}

// iterator asks for an iterator of a shard.
func (c *cloud) iterator(t testing.TB, shard string, kind types.ShardIteratorType, change ...func(*sdk.GetShardIteratorInput)) *string {
	t.Helper()
	in := &sdk.GetShardIteratorInput{StreamARN: &ordersARN, ShardId: &shard, ShardIteratorType: kind}
	for _, f := range change {
		f(in)
	}
	out, err := c.client.GetShardIterator(t.Context(), in)
	require.NoError(t, err)
	return out.ShardIterator
}

// get reads from an iterator on.
func (c *cloud) get(t testing.TB, iterator *string) *sdk.GetRecordsOutput {
	t.Helper()
	out, err := c.client.GetRecords(t.Context(), &sdk.GetRecordsInput{ShardIterator: iterator})
	require.NoError(t, err)
	return out
}

func data(out *sdk.GetRecordsOutput) []string {
	list := []string{}
	for _, r := range out.Records {
		list = append(list, string(r.Data))
	}
	return list
}

// shards describes all shards of the stream orders, by name.
func (c *cloud) shards(t testing.TB) map[string]types.Shard {
	t.Helper()
	out, err := c.client.ListShards(t.Context(), &sdk.ListShardsInput{StreamName: aws.String("orders")})
	require.NoError(t, err)
	all := map[string]types.Shard{}
	for _, s := range out.Shards {
		all[*s.ShardId] = s
	}
	return all
}

// all reads a whole shard with Read.
func (c *cloud) all(t require.TestingT, shard string) []Record {
	var list []Record
	from := Position{Type: "TRIM_HORIZON"}
	for {
		b, err := c.s.Read(context.Background(), c.admin, ordersARN, shard, from, 100)
		require.NoError(t, err)
		list = append(list, b.Records...)
		if !b.More {
			return list
		}
		from = b.Next
	}
}

// hashKey is a hash key in the i-th sixteenth.
func hashKey(i int) string { return share(i, 16).plus(1).String() }

// refused asserts the code of an error that came over the wire, and returns its message.
func refused(t testing.TB, err error, code string) string {
	t.Helper()
	return cloudtest.Refused(t, err, code)
}

func text(format string, args ...any) *string { return aws.String(fmt.Sprintf(format, args...)) }

// Put puts a record with the permissions of a principal, and returns where it is.
func (s *Service) Put(ctx context.Context, p policy.Principal, streamARN, partitionKey string, data []byte) (shardID, sequenceNumber string, err error) {
	const action = "kinesis:PutRecord"
	if err := s.allow(ctx, p, action, streamARN); err != nil {
		return "", "", err
	}
	st, err := s.streamAt(streamARN)
	if err != nil {
		return "", "", err
	}
	sh, q, err := s.putOne(st, &recordInput{Data: data, PartitionKey: partitionKey})
	if err != nil {
		return "", "", err
	}
	return sh.id, q.String(), s.account.After(ctx, p, action, streamARN)
}
