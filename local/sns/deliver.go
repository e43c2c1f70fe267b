package sns

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"time"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/sqs"
)

// delivery is one message on its way to one subscription.
type delivery struct {
	topic        *topic
	subscription string // ARN
	message      sqs.Message
	retries      int
}

var principal = policy.ServicePrincipal("sns.amazonaws.com")

// deliver attempts a delivery, and arranges for what follows if it fails: errors of the queue's side are retried, those
// of this side, such as a policy that does not allow it, are not.
// https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
func (s *Service) deliver(ctx context.Context, d *delivery) {
	for !s.closed.Load() {
		s.mu.RLock()
		sub := s.subscriptions[d.subscription]
		s.mu.RUnlock()
		if sub == nil {
			return // unsubscribed
		}
		_, err := s.queues.Send(ctx, principal, d.topic.keys, sub.args.Endpoint, d.message)
		if err == nil {
			return
		}
		d.retries++
		wait, more := backoff(d.retries)
		if sqs.ClientSide(err) || !more {
			s.giveUp(ctx, d, sub, err)
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

// backoff is AWS's schedule for SQS and Lambda: how long to wait before a retry, counted from 1, if there is one.
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

// giveUp hands a message to the subscription's dead-letter queue, whose policy decides too, or drops it.
func (s *Service) giveUp(ctx context.Context, d *delivery, sub *subscription, cause error) {
	log := s.account.Log.With("subscription", sub.arn, "endpoint", sub.args.Endpoint, "error", cause)
	if sub.deadLetter != "" {
		_, err := s.queues.Send(ctx, principal, d.topic.keys, sub.deadLetter, d.message)
		if err == nil {
			log.Warn("SNS delivery failed; the message is in the dead-letter queue", "deadLetterTargetArn", sub.deadLetter)
			return
		}
		log = log.With("deadLetterTargetArn", sub.deadLetter, "deadLetterError", err)
	}
	d.topic.dropped.Add(1)
	log.Warn("SNS delivery failed; the message is dropped")
}

// envelope is the body of a notification that is not delivered raw.
// https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
type envelope struct {
	Type              string
	MessageID         string `json:"MessageId"`
	TopicARN          string `json:"TopicArn"`
	Subject           string `json:",omitempty"`
	Message           string
	Timestamp         string
	SignatureVersion  string
	Signature         string
	SigningCertURL    string
	UnsubscribeURL    string
	MessageAttributes map[string]envelopeAttribute `json:",omitempty"`
}

type envelopeAttribute struct{ Type, Value string }

// render makes what a subscription's queue gets of a message.
func (s *Service) render(sub *subscription, m message) sqs.Message {
	if sub.raw() {
		return sqs.Message{Body: m.text, Attributes: m.attributes, TraceHeader: m.trace}
	}
	version := "1"
	s.mu.RLock()
	if v := sub.topic.args.SignatureVersion; v != nil {
		version = fmt.Sprint(*v)
	}
	s.mu.RUnlock()
	e := envelope{
		Type: "Notification", MessageID: m.id, TopicARN: sub.args.Topic, Subject: m.subject, Message: m.text,
		Timestamp:        m.at.UTC().Format("2006-01-02T15:04:05.000Z"),
		SignatureVersion: version, Signature: base64.StdEncoding.EncodeToString([]byte("not signed by the embedded cloud")),
		SigningCertURL: "https://sns." + account.Region + ".amazonaws.com/SimpleNotificationService-00000000000000000000000000000000.pem",
		UnsubscribeURL: s.account.Endpoint() + "/?Action=Unsubscribe&SubscriptionArn=" + url.QueryEscape(sub.arn),
	}
	for name, a := range m.attributes {
		if e.MessageAttributes == nil {
			e.MessageAttributes = map[string]envelopeAttribute{}
		}
		value := a.StringValue
		if a.DataType == "Binary" {
			value = base64.StdEncoding.EncodeToString(a.BinaryValue)
		}
		e.MessageAttributes[name] = envelopeAttribute{a.DataType, value}
	}
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(e); err != nil {
		panic(fmt.Sprintf("sns: rendering an envelope of strings: %v", err))
	}
	return sqs.Message{Body: string(bytes.TrimSpace(body.Bytes())), TraceHeader: m.trace}
}

func deliveryKeys(topicARN string) map[string]string {
	return map[string]string{
		"aws:SourceArn": topicARN, "aws:SourceAccount": account.ID, "aws:SecureTransport": "true", "aws:PrincipalIsAWSService": "true",
	}
}
