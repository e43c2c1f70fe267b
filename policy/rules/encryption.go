package rules

import "strings"

var encryption = Rule{
	Name:        "encryption-at-rest",
	Description: "Queues, streams and buckets are encrypted, and tables use the stack's key if it has one.",
	Level:       Mandatory,
	Reference:   "https://docs.aws.amazon.com/wellarchitected/latest/security-pillar/sec_protect_data_rest_encrypt.html",
	check: func(s *Stack, _ Settings, report report) {
		for _, q := range s.of(queueType) {
			if !q.has("kmsMasterKeyId") && !q.has("sqsManagedSseEnabled") {
				report(q, "the queue is not encrypted: set sqsManagedSseEnabled or kmsMasterKeyId")
			}
		}
		for _, stream := range s.of(streamType) {
			if kind := stream.text("encryptionType"); !stream.has("encryptionType") || kind == "NONE" || !stream.has("kmsKeyId") {
				report(stream, "the stream is not encrypted: set encryptionType KMS and kmsKeyId")
			}
		}
		for _, bucket := range s.of(bucketTypes...) {
			if !s.encrypts(bucket) {
				report(bucket, "the bucket has no encryption configuration: add a server-side encryption configuration")
			}
		}
		// DynamoDB encrypts each table, and CloudWatch each log group, with an AWS key if no key is set:
		// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.howitworks.html
		// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/data-protection.html
		if s.hasKey() {
			for _, table := range s.of(tableType) {
				if !table.has("serverSideEncryption", "kmsKeyArn") {
					report(table, "the stack has a key, and the table does not use it: set serverSideEncryption")
				}
			}
		}
	},
}

// hasKey reports whether the stack has its own key.
func (s *Stack) hasKey() bool { return len(s.of(keyType)) > 0 }

func (s *Stack) encrypts(bucket *Resource) bool {
	if bucket.has("serverSideEncryptionConfiguration") || bucket.has("serverSideEncryptionConfigurations") {
		return true
	}
	for _, typ := range bucketEncryptionTypes {
		if len(s.referrers(typ, "bucket", bucket)) > 0 {
			return true
		}
	}
	return false
}

var topicEncryption = Rule{
	Name:        "topic-encryption",
	Description: "Topics use the stack's key if it has one. Otherwise the settings have a reason for topics without a key.",
	Level:       Mandatory,
	Reference:   "https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html",
	Settings:    []string{"plainTopics"},
	check: func(s *Stack, settings Settings, report report) {
		for _, topic := range s.of(topicType) {
			key := topic.text("kmsMasterKeyId")
			switch {
			case strings.HasSuffix(key, "alias/aws/sns"):
				report(topic, "the topic uses AWS's own key for SNS, with which other AWS services cannot publish to it: use a key of your own")
			case topic.has("kmsMasterKeyId"):
			case s.hasKey():
				report(topic, "the stack has a key, and the topic does not use it: set kmsMasterKeyId")
			case settings.PlainTopics == "":
				report(topic, "the topic has no key: set kmsMasterKeyId, or give the reason in the settings")
			}
		}
	},
}
