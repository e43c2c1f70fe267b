// Package sqs is the embedded cloud's Amazon Simple Queue Service: standard queues.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/welcome.html
//
// A queue keeps its messages in memory: a list of the messages that can be received, and a heap of all messages by when
// something happens to them next. Either a message becomes visible, or its retention ends. No goroutine runs for a queue.
// It has one timer, and only during a long poll. Redrive policies, queue policies and message move tasks work as on AWS.
// Tests can ask for the disorder that AWS allows itself: see Delivery.
//
// Differences from AWS:
//   - A receive searches the whole queue, so that a short poll finds every message.
//   - Counts are exact, and a change of an attribute takes effect at once.
//   - maxReceiveCount must be a number, not a string.
//   - What is received is decided by the key of the queue, not by the one with which a message was encrypted in another queue.
//   - A message move task is done when its start is answered. It has no rate.
//   - There are no FIFO queues, fair queues, list values of attributes, and no pages of lists.
package sqs
