package guess

// The guesses that have a switch.
var (
	// StreamFirstRecord is used by Lambda.
	StreamFirstRecord = &Guess{
		Name: "stream-first-record", number: 1,
		Documented: "With `BisectBatchOnFunctionError` and `ReportBatchItemFailures`, [the batch is split at the sequence number " +
			"that the function returned, and only the rest is retried](https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html). " +
			"What if that is the first record?",
		Here:  "The batch is halved, which costs no retry.",
		Other: "The same batch is retried. That costs a retry, and all its records are given up together, in one message.",
	}
	// StreamBackoff is used by Lambda.
	StreamBackoff = &Guess{
		Name: "stream-backoff", number: 2,
		Documented: "A failed batch of a stream [is retried](https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html). After how long?",
		Here:       "After 100 ms, doubled up to 10 s.",
		Other:      "At once, so that a number of retries passes within a second.",
	}
	// ConsumerEventSource is used by Lambda.
	ConsumerEventSource = &Guess{
		Name: "consumer-event-source", number: 3,
		Documented: "A record has its [`eventSourceARN`](https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html). Of what, for a consumer with enhanced fan-out?",
		Here:       "Of the consumer.",
		Other:      "Of the stream.",
	}
	// MoveWithoutSource is used by SQS.
	MoveWithoutSource = &Guess{
		Name: "move-without-source", number: 4,
		Documented: "`StartMessageMoveTask` without a destination moves messages [to their original source queues]" +
			"(https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html). And messages that were sent to the dead-letter queue directly?",
		Here:  "The task fails: `CouldNotDetermineMessageSource`.",
		Other: "They are moved to the queue whose dead-letter queue it is, if there is one only.",
	}
	// ExpiryLag is used by DynamoDB.
	ExpiryLag = &Guess{
		Name: "expiry-lag", number: 5,
		Documented: "An expired item is deleted [within a few days](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html).",
		Here:       "48 hours after it expired.",
		Other:      "Within a minute.",
	}
	// ResponseReadsOverride is used by API Gateway.
	ResponseReadsOverride = &Guess{
		Name: "response-reads-override", number: 6,
		Documented: "A mapping template of a request can [override a header](https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-override-request-response-parameters.html). " +
			"Can the template of the response read that header?",
		Here:  "Yes.",
		Other: "No. The Orchestrator's 202 then has no `orderid`, and the client uses its own, or the `requestid`.",
	}
)

// All are the guesses, those with a switch first.
var All = []*Guess{
	StreamFirstRecord, StreamBackoff, ConsumerEventSource, MoveWithoutSource, ExpiryLag, ResponseReadsOverride,
	{
		Documented: "A model is a [JSON schema of draft 4](https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-create-model.html). " +
			"Are `additionalProperties`, `anyOf` and similar keywords [supported](https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html)?",
		Here:  "They are validated.",
		Other: "They are dropped, or the import fails. The gates of the patterns do without them.",
	},
	{
		Documented: "Splits of a batch of a stream cost no retry. What of the retries that were used before?",
		Here:       "Each part starts with all retries. The first part is finished before the second starts, without a wait.",
		Other:      "The parts share what is left.",
	},
	{
		Documented: "Without `BisectBatchOnFunctionError`, a batch is retried from the checkpoint on. Does that cost a retry?",
		Here:       "Yes.",
		Other:      "No.",
	},
	{
		Documented: "Lambda [may combine the metadata of failed records](https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html). When?",
		Here:       "The records of a batch, or of a part of it, that are given up together have one message.",
		Other:      "One message for several parts. The runbook handles a message for several records.",
	},
	{
		Documented: "A batch response with an empty `itemIdentifier` is a failure of the batch. And one with an unknown one?",
		Here:       "It is, too.",
		Other:      "The identifier is ignored. No function returns one.",
	},
	{
		Documented: "A failure destination needs `sqs:SendMessage`. What if the role has lost it, or the queue is gone?",
		Here:       "The metadata is lost, and the log shows it.",
		Other:      "Lambda tries for longer. The records are still in the stream.",
	},
	{
		Documented: "A throttled batch of a queue is received again. When?",
		Here:       "After the visibility timeout.",
		Other:      "At once, which uses up receives faster.",
	},
	{
		Documented: "A message that was received more than `maxReceiveCount` times moves to the dead-letter queue. At which moment, and with which id?",
		Here:       "When it would be received once more, with its id.",
		Other:      "When its visibility timeout ends; with a new id.",
	},
	{
		Documented: "Asynchronous events are kept for six hours. What if the function is deleted meanwhile? What does the record of an event say that was never tried?",
		Here:       "The event is discarded. The record has neither a status nor a payload.",
		Other:      "The event goes to the destination. The record says something else.",
	},
	{
		Documented: "Idle environments are ended. After how long?",
		Here:       "After five minutes.",
		Other:      "After any time.",
	},
	{
		Documented: "A method can have [an authorizer](https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html), an API key, and throttles. " +
			"Which one is checked first? Is a refusal by the function kept for the same token?",
		Here:  "The authorizer, then the key, then the throttles. A refusal is not kept.",
		Other: "The authorizer is last: without a key the answer is 403, not 401. It is kept: a token that was refused stays refused for that time.",
	},
	{
		Documented: "Signatures that are wrong or too old have [gateway responses](https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html). Which ones?",
		Here:       "`EXPIRED_TOKEN` for one that is too old. `INVALID_SIGNATURE` for all others, also with an unknown key, or of another scheme.",
		Other:      "Any other of status 403.",
	},
	{
		Documented: "The policy of an authorizer is evaluated on [the ARN of the method](https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-control-access-using-iam-policies-to-invoke-api.html). " +
			"Is the path in it decoded? Must `identityValidationExpression` match the whole token?",
		Here:  "As the client wrote it. Yes.",
		Other: "It is decoded. No: an expression without `^` and `$` accepts more.",
	},
	{
		Documented: "A usage plan has a rate and a quota. Which one is checked first? On which day do weeks begin?",
		Here:       "The rate; a throttled request does not count for the quota. On Sunday.",
		Other:      "The quota. On Monday.",
	},
	{
		Documented: "A shard has limits of a second. Which bursts does Kinesis tolerate?",
		Here:       "One second of the limits.",
		Other:      "Somewhat more.",
	},
}
