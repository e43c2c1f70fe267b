package sns

import (
	"context"
	"encoding/base64"
	"math"
	"net/url"
	"strings"
	"time"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/internal/strictjson"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/sqs"
	"github.com/order-patterns/order-patterns/local/wire"
)

type delivery struct {
	topic        *topic
	subscription string // ARN
	message      sqs.Message
	retries      int
}

// deliver sends a message to the queue of a subscription. Errors of the queue's side are retried. Errors of SNS's side,
// for example a queue policy that does not allow it, are not.
// https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
// https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html
func (s *Service) deliver(ctx context.Context, d *delivery) {
	for !s.closed.Load() {
		s.mu.RLock()
		sub := s.subscriptions[d.subscription]
		s.mu.RUnlock()
		if sub == nil {
			return // the subscription was deleted
		}
		err := s.send(ctx, d, sub.args.Endpoint)
		if err == nil {
			s.count(d.topic, "NumberOfNotificationsDelivered")
			return
		}
		d.retries++
		wait, more := backoff(d.retries)
		if sqs.ClientSide(err) || !more {
			s.moveToDLQ(ctx, d, sub, err)
			return
		}
		if wait > 0 {
			s.account.Log.Warn("SNS delivery failed and is retried",
				"subscription", sub.arn, "endpoint", sub.args.Endpoint, "retry", d.retries, "in", wait, "error", err)
			s.account.Clock.AfterFunc(wait, func() { s.deliver(ctx, d) })
			return
		}
	}
}

func (s *Service) send(ctx context.Context, d *delivery, queueARN string) error {
	_, err := s.Queues.Send(ctx, policy.ServicePrincipal("sns.amazonaws.com"), map[string]string{
		"aws:SourceArn": d.topic.arn, "aws:SourceAccount": account.ID, "aws:PrincipalIsAWSService": "true",
	}, queueARN, d.message)
	return err
}

// count publishes a metric of the topic: https://docs.aws.amazon.com/sns/latest/dg/sns-monitoring-using-cloudwatch.html
func (s *Service) count(t *topic, metric string) {
	s.account.Publish("AWS/SNS", map[string]string{"TopicName": strings.TrimPrefix(t.arn, account.ARN("sns", ""))}, account.Count(metric, 1))
}

// backoff is AWS's schedule for SQS and Lambda. It returns the wait before a retry, which is counted from 1, and whether
// there is such a retry.
func backoff(retry int) (time.Duration, bool) {
	switch {
	case retry <= 3:
		return 0, true
	case retry <= 5:
		return time.Second, true
	case retry <= 15:
		return time.Duration(math.Pow(20, float64(retry-6)/9) * float64(time.Second)), true
	}
	return 20 * time.Second, retry <= 100_015
}

// moveToDLQ sends a message to the subscription's dead-letter queue. If there is none, or its policy does not allow it,
// the message is dropped.
func (s *Service) moveToDLQ(ctx context.Context, d *delivery, sub *subscription, cause error) {
	s.count(d.topic, "NumberOfNotificationsFailed")
	log := s.account.Log.With("subscription", sub.arn, "endpoint", sub.args.Endpoint, "error", cause)
	if sub.deadLetter != "" {
		err := s.send(ctx, d, sub.deadLetter)
		if err == nil {
			s.count(d.topic, "NumberOfNotificationsRedrivenToDlq")
			log.Warn("SNS delivery failed; the message is in the dead-letter queue", "deadLetterTargetArn", sub.deadLetter)
			return
		}
		log = log.With("deadLetterTargetArn", sub.deadLetter, "deadLetterError", err)
	}
	d.topic.dropped.Add(1)
	log.Warn("SNS delivery failed; the message is dropped")
}

// render returns what a queue gets: the text itself with raw delivery, or else an envelope.
// https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
func (s *Service) render(sub *subscription, m message) sqs.Message {
	if sub.raw() {
		return sqs.Message{Body: m.text, Attributes: m.attributes, TraceHeader: m.trace}
	}
	attributes := wire.Object{}
	for name, a := range m.attributes {
		value := a.StringValue
		if a.DataType == "Binary" {
			value = base64.StdEncoding.EncodeToString(a.BinaryValue)
		}
		attributes[name] = wire.Object{"Type": a.DataType, "Value": value}
	}
	envelope := wire.Object{
		"Type": "Notification", "MessageId": m.id, "TopicArn": sub.args.Topic, "Message": m.text,
		"Timestamp":        m.at.UTC().Format("2006-01-02T15:04:05.000Z"),
		"SignatureVersion": "1", "Signature": base64.StdEncoding.EncodeToString([]byte("not signed by the embedded cloud")),
		"SigningCertURL": "https://sns." + account.Region + ".amazonaws.com/SimpleNotificationService-00000000000000000000000000000000.pem",
		"UnsubscribeURL": s.account.Endpoint() + "/?Action=Unsubscribe&SubscriptionArn=" + url.QueryEscape(sub.arn),
	}.With(wire.Object{"Subject": m.subject, "MessageAttributes": attributes})
	return sqs.Message{Body: string(strictjson.Encode(envelope)), TraceHeader: m.trace}
}
