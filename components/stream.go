package components

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kinesis"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// StreamSettings configures a Kinesis data stream.
type StreamSettings struct {
	// Shards is a fixed number of shards: [ShardsRange], within the account's quota. A shard takes 1,000 records or 1 MB per second.
	// Default: on-demand capacity. The stream then begins with four shards, and Kinesis scales it with the traffic.
	// https://docs.aws.amazon.com/streams/latest/dev/how-do-i-size-a-stream.html
	Shards pulumi.IntPtrInput `pulumi:"shards,optional"`
	// RetentionHours is how long a record can be read, and so replayed, in hours: [RetentionHoursRange]. Default [DefaultRetentionHours], a
	// week, so that records that failed on a Friday evening can still be read on Monday.
	RetentionHours pulumi.IntPtrInput `pulumi:"retentionHours,optional"`
}

func (s StreamSettings) resolve(v *validator, path string) StreamSettings {
	return StreamSettings{
		Shards:         v.optional(path+".Shards", s.Shards, ShardsRange.Check),
		RetentionHours: v.number(path+".RetentionHours", s.RetentionHours, RetentionHoursRange.Check, DefaultRetentionHours),
	}
}

// stream creates a stream. Unless the component has a key, it is encrypted with the key that AWS manages for Kinesis. Writers and readers
// need no permission for that key. https://docs.aws.amazon.com/streams/latest/dev/permissions-user-key-KMS.html
func (b *builder) stream(name string, settings StreamSettings) (*kinesis.Stream, error) {
	mode := "ON_DEMAND"
	if settings.Shards != nil {
		mode = "PROVISIONED"
	}
	key := b.kmsKey()
	if key == nil {
		key = pulumi.String("alias/aws/kinesis")
	}
	stream, err := kinesis.NewStream(b.ctx, b.child(name), &kinesis.StreamArgs{
		ShardCount:        settings.Shards,
		RetentionPeriod:   settings.RetentionHours,
		EncryptionType:    pulumi.String("KMS"),
		KmsKeyId:          key,
		StreamModeDetails: kinesis.StreamStreamModeDetailsArgs{StreamMode: pulumi.String(mode)},
		// Its consumers belong to this stack, and are deleted with the stream.
		EnforceConsumerDeletion: pulumi.Bool(true),
		Tags:                    b.tags,
	}, b.protected()...)
	if err == nil {
		b.watchStream(name, stream)
	}
	return stream, err
}
