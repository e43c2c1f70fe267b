// Package sns is the embedded cloud's Amazon Simple Notification Service: standard topics that deliver to SQS queues.
// https://docs.aws.amazon.com/sns/latest/dg/welcome.html
//
// A publish is answered when every subscribed queue has the message, or a retry of its delivery is scheduled. SNS sends
// to a queue as the service sns.amazonaws.com, with the topic's ARN as aws:SourceArn, so that the queue's policy decides.
// Filter policies, raw delivery, retries and dead-letter queues of subscriptions work as on AWS.
//
// Differences from AWS:
//   - E-mail subscriptions are accepted and stay pending. No mail is sent.
//   - The signature of a notification cannot be verified.
//   - Retries have no jitter.
//   - Lists are not divided into pages.
package sns
