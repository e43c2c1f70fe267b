package kms_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	ddb "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	ddbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	kin "github.com/aws/aws-sdk-go-v2/service/kinesis"
	kintypes "github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/dynamodb"
	"github.com/order-patterns/order-patterns/local/internal/cloudtest"
	"github.com/order-patterns/order-patterns/local/kinesis"
	"github.com/order-patterns/order-patterns/local/logs"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/s3"
	"github.com/order-patterns/order-patterns/local/sns"
	"github.com/order-patterns/order-patterns/local/sqs"
	"github.com/order-patterns/order-patterns/local/wire"
)

const roleARN = "arn:aws:iam::123456789012:role/worker"

// delegated lets IAM policies decide on the use of a key.
func delegated() statement { return allow("kms:*").to("AWS", root) }

func TestKeyPolicyAndIAMPolicyDecideTogether(t *testing.T) {
	deny := allow("kms:Decrypt").to("AWS", root)
	deny["Effect"] = "Deny"
	for _, k := range []struct {
		name string
		key  []statement
		role statement
		want string // a part of the refusal; empty if the use is allowed
	}{
		{"the key policy names the account, and IAM allows", []statement{delegated()}, allow("kms:Decrypt"), ""},
		{"the key policy names the account, and IAM does not allow", []statement{delegated()}, allow("kms:Encrypt"), "no identity-based policy allows"},
		{"the key policy does not name the account, and IAM allows", nil, allow("kms:*"), "no resource-based policy allows"},
		{"the key policy names the account for another action", []statement{allow("kms:Encrypt").to("AWS", root)}, allow("kms:*"), "no resource-based policy allows"},
		{"the key policy names the role", []statement{allow("kms:Decrypt").to("AWS", roleARN)}, allow("s3:GetObject"), ""},
		{"the key policy names another role", []statement{allow("kms:Decrypt").to("AWS", roleARN+"2")}, allow("kms:*"), "no resource-based policy allows"},
		{"the key policy names the account for the role", []statement{delegated().when("ArnLike", "aws:PrincipalArn", "arn:aws:iam::123456789012:role/work*")}, allow("kms:*"), ""},
		{"the key policy names the account for another role", []statement{delegated().when("ArnLike", "aws:PrincipalArn", "arn:aws:iam::123456789012:role/play*")}, allow("kms:*"), "no resource-based policy allows"},
		{"the key policy allows everybody through the service", []statement{allow("kms:Decrypt").to("AWS", "*").when("StringEquals", "kms:ViaService", "sqs.us-east-1.amazonaws.com")}, allow("s3:GetObject"), ""},
		{"the key policy allows everybody through another service", []statement{allow("kms:Decrypt").to("AWS", "*").when("StringEquals", "kms:ViaService", "s3.us-east-1.amazonaws.com")}, allow("kms:*"), "no resource-based policy allows"},
		{"the key policy asks for the encryption context", []statement{delegated().when("StringEquals", "kms:EncryptionContext:a", "b")}, allow("kms:*"), ""},
		{"the key policy asks for another encryption context", []statement{delegated().when("StringEquals", "kms:EncryptionContext:a", "c")}, allow("kms:*"), "no resource-based policy allows"},
		{"the key policy denies", []statement{delegated(), deny}, allow("kms:*"), "explicit deny in a resource-based policy"},
	} {
		t.Run(k.name, func(t *testing.T) {
			c := newCloud(t)
			_, arn := c.key(t, k.key...)
			p, _ := c.Role(t, "worker", document(k.role))
			err := c.Account.UseKey(t.Context(), account.KeyUse{Principal: p, Service: "sqs", Key: arn, Context: map[string]string{"a": "b"}}, "kms:Decrypt")
			if k.want == "" {
				require.NoError(t, err)
				return
			}
			var refused *account.KeyError
			require.ErrorAs(t, err, &refused)
			require.Equal(t, "AccessDenied", refused.Reason)
			require.Contains(t, refused.Message, k.want)
		})
	}
}

func TestAKeyThatIsGoneIsNotUsed(t *testing.T) {
	c := newCloud(t)
	id, arn := c.key(t, delegated())
	p, _ := c.Role(t, "worker", document(allow("kms:*")))
	use := func(key string) string {
		err := c.Account.UseKey(t.Context(), account.KeyUse{Principal: p, Key: key}, "kms:Decrypt")
		var refused *account.KeyError
		require.ErrorAs(t, err, &refused)
		return refused.Reason
	}
	require.NoError(t, c.Delete(t, keyType, id))
	require.Equal(t, "NotFound", use(arn))
	require.Equal(t, "NotFound", use(arn[:len(arn)-1]))
	require.Equal(t, "NotFound", use("alias/orders"))
	require.NoError(t, c.Account.UseKey(t.Context(), account.KeyUse{Principal: p, Key: "alias/aws/sqs"}, "kms:Decrypt"))
}

// permissions takes each action away from a role that is allowed the others, asserts that call fails with the code, and that it
// succeeds with all of them. The key policy lets IAM decide.
func (c *cloud) permissions(t *testing.T, others statement, actions []string, code string, call func(aws.Config) error) {
	t.Helper()
	for i := range actions {
		less := append(append([]string{}, actions[:i]...), actions[i+1:]...)
		statements := []statement{others}
		if len(less) > 0 {
			statements = append(statements, allow(less...))
		}
		_, config := c.Role(t, c.roleName(), document(statements...))
		require.Contains(t, cloudtest.Refused(t, call(config), code), actions[i], "without %s", actions[i])
	}
	_, config := c.Role(t, c.roleName(), document(others, allow(actions...)))
	require.NoError(t, call(config))
}

func TestQueue(t *testing.T) {
	c := newCloud(t, func(c *cloud) wire.Service { return sqs.New(c.Account) })
	_, arn := c.key(t, delegated())
	require.Len(t, c.Check(t, "aws:sqs/queue:Queue", map[string]any{"kmsMasterKeyId": arn, "sqsManagedSseEnabled": true}).GetFailures(), 1)
	url, state := c.MustDeploy(t, "aws:sqs/queue:Queue", map[string]any{"name": "q", "kmsMasterKeyId": arn})
	require.Equal(t, arn, state["kmsMasterKeyId"])
	require.Equal(t, false, state["sqsManagedSseEnabled"])

	c.permissions(t, allow("sqs:SendMessage"), []string{"kms:GenerateDataKey", "kms:Decrypt"}, "KMS.AccessDeniedException", func(config aws.Config) error {
		_, err := awssqs.NewFromConfig(config).SendMessage(t.Context(), &awssqs.SendMessageInput{QueueUrl: &url, MessageBody: aws.String("m")})
		return err
	})
	receive := func(config aws.Config) error {
		out, err := awssqs.NewFromConfig(config).ReceiveMessage(t.Context(), &awssqs.ReceiveMessageInput{QueueUrl: &url})
		if err == nil {
			require.Len(t, out.Messages, 1)
		}
		return err
	}
	_, config := c.Role(t, "r", document(allow("sqs:ReceiveMessage", "kms:GenerateDataKey")))
	var denied *sqstypes.KmsAccessDenied
	require.ErrorAs(t, receive(config), &denied)
	require.Contains(t, denied.ErrorMessage(), "kms:Decrypt")
	_, config = c.Role(t, "r2", document(allow("sqs:ReceiveMessage", "kms:Decrypt")))
	require.NoError(t, receive(config))

	require.NoError(t, c.Update(t, "aws:sqs/queue:Queue", url, map[string]any{"name": "q", "sqsManagedSseEnabled": true}))
	require.Nil(t, c.Read(t, "aws:sqs/queue:Queue", url)["kmsMasterKeyId"])
}

func TestARedriveNeedsTheKeysOfBothQueues(t *testing.T) {
	c := newCloud(t, func(c *cloud) wire.Service { return sqs.New(c.Account) })
	_, arn := c.key(t, delegated())
	_, dlq := c.MustDeploy(t, "aws:sqs/queue:Queue", map[string]any{"name": "dlq", "kmsMasterKeyId": arn})
	redrive := `{"deadLetterTargetArn":"` + dlq["arn"].(string) + `","maxReceiveCount":1}`
	url, _ := c.MustDeploy(t, "aws:sqs/queue:Queue", map[string]any{"name": "q", "kmsMasterKeyId": arn, "redrivePolicy": redrive})
	admin := awssqs.NewFromConfig(c.Admin)
	_, err := admin.SendMessage(t.Context(), &awssqs.SendMessageInput{QueueUrl: &url, MessageBody: aws.String("m")})
	require.NoError(t, err)
	// SQS moves the message by itself, without anybody's permission.
	for range 2 {
		_, err = admin.ReceiveMessage(t.Context(), &awssqs.ReceiveMessageInput{QueueUrl: &url, VisibilityTimeout: 0})
		require.NoError(t, err)
	}
	c.permissions(t, allow("sqs:*"), []string{"kms:GenerateDataKey", "kms:Decrypt"}, "KMS.AccessDeniedException", func(config aws.Config) error {
		_, err := awssqs.NewFromConfig(config).StartMessageMoveTask(t.Context(), &awssqs.StartMessageMoveTaskInput{SourceArn: aws.String(dlq["arn"].(string))})
		return err
	})
}

func TestTopicAndItsEncryptedQueue(t *testing.T) {
	var queues *sqs.Service
	var topics *sns.Service
	c := newCloud(t, func(c *cloud) wire.Service { queues = sqs.New(c.Account); return queues },
		func(c *cloud) wire.Service {
			topics = sns.New(c.Account, sns.Dependencies{Queues: queues})
			return topics
		})
	id, arn := c.key(t, delegated())
	topic, _ := c.MustDeploy(t, "aws:sns/topic:Topic", map[string]any{"name": "t", "kmsMasterKeyId": arn})
	url, queue := c.MustDeploy(t, "aws:sqs/queue:Queue", map[string]any{"name": "q", "kmsMasterKeyId": arn,
		"policy": document(statement{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:us-east-1:123456789012:q"}.to("Service", "sns.amazonaws.com"))})
	c.MustDeploy(t, "aws:sns/topicSubscription:TopicSubscription", map[string]any{"topic": topic, "protocol": "sqs", "endpoint": queue["arn"]})
	publish := func(config aws.Config) error {
		_, err := awssns.NewFromConfig(config).Publish(t.Context(), &awssns.PublishInput{TopicArn: &topic, Message: aws.String("m")})
		return err
	}
	c.permissions(t, allow("sns:Publish"), []string{"kms:GenerateDataKey", "kms:Decrypt"}, "KMSAccessDenied", publish)
	received := func() int {
		out, err := awssqs.NewFromConfig(c.Admin).ReceiveMessage(t.Context(), &awssqs.ReceiveMessageInput{QueueUrl: &url, MaxNumberOfMessages: 10})
		require.NoError(t, err)
		return len(out.Messages)
	}
	require.Zero(t, received(), "the key policy does not name SNS")
	require.EqualValues(t, 1, topics.Dropped(topic))

	sends := allow("kms:GenerateDataKey", "kms:Decrypt").to("Service", "sns.amazonaws.com")
	c.setPolicy(t, id, delegated(), sends.when("ArnEquals", "aws:SourceArn", topic))
	require.NoError(t, publish(c.Admin))
	require.Equal(t, 1, received())
	c.setPolicy(t, id, delegated(), sends.when("ArnEquals", "aws:SourceArn", topic+"2"))
	require.NoError(t, publish(c.Admin))
	require.Zero(t, received())
}

func TestTable(t *testing.T) {
	c := newCloud(t, func(c *cloud) wire.Service { return dynamodb.New(c.Account) })
	_, arn := c.key(t, delegated().when("StringEquals", "kms:EncryptionContext:aws:dynamodb:tableName", "orders"))
	c.MustDeploy(t, "aws:dynamodb/table:Table", map[string]any{
		"name": "orders", "hashKey": "id", "attributes": []any{map[string]any{"name": "id", "type": "S"}}, "billingMode": "PAY_PER_REQUEST",
		"serverSideEncryption": map[string]any{"enabled": true, "kmsKeyArn": arn},
	})
	table, item := aws.String("orders"), map[string]ddbtypes.AttributeValue{"id": &ddbtypes.AttributeValueMemberS{Value: "1"}}
	for name, call := range map[string]func(*ddb.Client) error{
		"put": func(d *ddb.Client) error {
			_, err := d.PutItem(t.Context(), &ddb.PutItemInput{TableName: table, Item: item})
			return err
		},
		"get": func(d *ddb.Client) error {
			_, err := d.GetItem(t.Context(), &ddb.GetItemInput{TableName: table, Key: item})
			return err
		},
		"batch": func(d *ddb.Client) error {
			_, err := d.BatchGetItem(t.Context(), &ddb.BatchGetItemInput{RequestItems: map[string]ddbtypes.KeysAndAttributes{"orders": {Keys: []map[string]ddbtypes.AttributeValue{item}}}})
			return err
		},
		"scan": func(d *ddb.Client) error {
			_, err := d.Scan(t.Context(), &ddb.ScanInput{TableName: table})
			return err
		},
		"transaction": func(d *ddb.Client) error {
			_, err := d.TransactWriteItems(t.Context(), &ddb.TransactWriteItemsInput{TransactItems: []ddbtypes.TransactWriteItem{{Put: &ddbtypes.Put{TableName: table, Item: item}}}})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, config := c.Role(t, "without-"+name, document(allow("dynamodb:*", "kms:GenerateDataKey")))
			require.Contains(t, cloudtest.Refused(t, call(ddb.NewFromConfig(config)), "AccessDeniedException"), "KMS key access denied error")
			_, config = c.Role(t, "with-"+name, document(allow("dynamodb:*", "kms:Decrypt")))
			require.NoError(t, call(ddb.NewFromConfig(config)))
		})
	}
}

func TestBucket(t *testing.T) {
	c := newCloud(t, func(c *cloud) wire.Service { return s3.New(c.Account) })
	_, arn := c.key(t, delegated())
	encryption := func(algorithm string) map[string]any {
		return map[string]any{"bucket": "orders", "rules": []any{map[string]any{
			"applyServerSideEncryptionByDefault": map[string]any{"sseAlgorithm": algorithm, "kmsMasterKeyId": arn}}}}
	}
	const kind = "aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2"
	c.MustDeploy(t, "aws:s3/bucketV2:BucketV2", map[string]any{"bucket": "orders"})
	require.Len(t, c.Check(t, kind, encryption("AES256")).GetFailures(), 1)
	c.MustDeploy(t, kind, encryption("aws:kms"))
	client := func(config aws.Config) *awss3.Client {
		return awss3.NewFromConfig(config, func(o *awss3.Options) { o.UsePathStyle = true })
	}
	bucket, key := aws.String("orders"), aws.String("k")
	c.permissions(t, allow("s3:PutObject"), []string{"kms:GenerateDataKey"}, "AccessDenied", func(config aws.Config) error {
		out, err := client(config).PutObject(t.Context(), &awss3.PutObjectInput{Bucket: bucket, Key: key, Body: strings.NewReader("x")})
		if err == nil {
			require.Equal(t, arn, *out.SSEKMSKeyId)
		}
		return err
	})
	c.permissions(t, allow("s3:GetObject"), []string{"kms:Decrypt"}, "AccessDenied", func(config aws.Config) error {
		_, err := client(config).GetObject(t.Context(), &awss3.GetObjectInput{Bucket: bucket, Key: key})
		return err
	})
	// A presigned URL has the permissions of its signer.
	for document, status := range map[string]int{document(allow("s3:GetObject")): 403, document(allow("s3:GetObject", "kms:Decrypt")): 200} {
		_, config := c.Role(t, "signer"+http.StatusText(status)[:2], document)
		link, err := awss3.NewPresignClient(client(config)).PresignGetObject(t.Context(), &awss3.GetObjectInput{Bucket: bucket, Key: key})
		require.NoError(t, err)
		answer, err := http.Get(link.URL)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		require.Equal(t, status, answer.StatusCode)
	}
}

func TestStream(t *testing.T) {
	var streams *kinesis.Service
	c := newCloud(t, func(c *cloud) wire.Service { streams = kinesis.New(c.Account); return streams })
	_, arn := c.key(t, delegated().when("StringEquals", "kms:EncryptionContext:aws:kinesis:arn", kinesis.StreamARN("events")))
	c.MustDeploy(t, "aws:kinesis/stream:Stream", map[string]any{"name": "events", "shardCount": 1, "encryptionType": "KMS", "kmsKeyId": arn})
	_, consumer := c.MustDeploy(t, "aws:kinesis/streamConsumer:StreamConsumer", map[string]any{"name": "c", "streamArn": kinesis.StreamARN("events")})
	stream := aws.String("events")
	c.permissions(t, allow("kinesis:PutRecord"), []string{"kms:GenerateDataKey"}, "KMSAccessDeniedException", func(config aws.Config) error {
		_, err := kin.NewFromConfig(config).PutRecord(t.Context(), &kin.PutRecordInput{StreamName: stream, PartitionKey: aws.String("p"), Data: []byte("x")})
		return err
	})
	iterator, err := kin.NewFromConfig(c.Admin).GetShardIterator(t.Context(), &kin.GetShardIteratorInput{
		StreamName: stream, ShardId: aws.String("shardId-000000000000"), ShardIteratorType: kintypes.ShardIteratorTypeTrimHorizon,
	})
	require.NoError(t, err)
	c.permissions(t, allow("kinesis:GetRecords"), []string{"kms:Decrypt"}, "KMSAccessDeniedException", func(config aws.Config) error {
		_, err := kin.NewFromConfig(config).GetRecords(t.Context(), &kin.GetRecordsInput{ShardIterator: iterator.ShardIterator})
		return err
	})
	// Readers of other services: a mapping of Lambda, with and without enhanced fan-out.
	start := kinesis.Position{Type: "TRIM_HORIZON"}
	for role, want := range map[string]string{"kms:GenerateDataKey": "KMSAccessDeniedException", "kms:Decrypt": ""} {
		p, _ := c.Role(t, strings.TrimPrefix(role, "kms:"), document(allow("kinesis:*", role)))
		_, polled := streams.Read(t.Context(), p, kinesis.StreamARN("events"), "shardId-000000000000", start, 1)
		_, pushed := streams.Read(t.Context(), p, consumer["arn"].(string), "shardId-000000000000", start, 1)
		for _, err := range []error{polled, pushed} {
			if want == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, want)
			}
		}
	}
}

func TestLogGroup(t *testing.T) {
	const group = "aws:cloudwatch/logGroup:LogGroup"
	var service *logs.Service
	c := newCloud(t, func(c *cloud) wire.Service { service = logs.New(c.Account); return service })
	id, arn := c.key(t, delegated())
	_, _, err := c.Deploy(t, group, map[string]any{"name": "g", "kmsKeyId": arn})
	require.ErrorContains(t, err, "AccessDeniedException: The specified KMS key does not exist or is not allowed to be used with Arn 'arn:aws:logs:us-east-1:123456789012:log-group:g'")

	logging := func() statement {
		return allow("kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*").to("Service", "logs.us-east-1.amazonaws.com").
			when("ArnLike", "kms:EncryptionContext:aws:logs:arn", "arn:aws:logs:us-east-1:123456789012:log-group:g*")
	}
	c.setPolicy(t, id, logging())
	_, _, err = c.Deploy(t, group, map[string]any{"name": "other", "kmsKeyId": arn})
	require.ErrorContains(t, err, "AccessDeniedException")
	c.MustDeploy(t, group, map[string]any{"name": "g", "kmsKeyId": arn})

	// Who writes and reads needs no permission for the key. CloudWatch Logs does.
	p, config := c.Role(t, "worker", document(allow("logs:*")))
	write := func() error {
		return service.Put(t.Context(), p, "g", "s", []logs.Event{{Time: c.Clock.Now(), Message: "m"}})
	}
	read := func() error {
		_, err := cloudwatchlogs.NewFromConfig(config).FilterLogEvents(t.Context(), &cloudwatchlogs.FilterLogEventsInput{LogGroupName: aws.String("g")})
		return err
	}
	require.NoError(t, write())
	require.NoError(t, read())
	described, err := cloudwatchlogs.NewFromConfig(config).DescribeLogGroups(t.Context(), &cloudwatchlogs.DescribeLogGroupsInput{})
	require.NoError(t, err)
	require.Equal(t, arn, *described.LogGroups[0].KmsKeyId)
	c.setPolicy(t, id, delegated())
	require.ErrorContains(t, write(), "AccessDeniedException")
	cloudtest.Refused(t, read(), "AccessDeniedException")
}

func TestAServiceThatSendsWithARoleNeedsTheRolesPermissions(t *testing.T) {
	var queues *sqs.Service
	c := newCloud(t, func(c *cloud) wire.Service { queues = sqs.New(c.Account); return queues })
	_, arn := c.key(t, delegated())
	c.MustDeploy(t, "aws:sqs/queue:Queue", map[string]any{"name": "failures", "kmsMasterKeyId": arn})
	send := func(p policy.Principal) error {
		_, err := queues.Send(t.Context(), p, nil, sqs.QueueARN("failures"), sqs.Message{Body: "m"})
		return err
	}
	p, _ := c.Role(t, "a", document(allow("sqs:SendMessage", "kms:Decrypt")))
	require.ErrorContains(t, send(p), "KmsAccessDenied")
	require.True(t, sqs.ClientSide(send(p)), "it is not worth a retry")
	p, _ = c.Role(t, "b", document(allow("sqs:SendMessage", "kms:Decrypt", "kms:GenerateDataKey")))
	require.NoError(t, send(p))
}
