package sns

import (
	"encoding/base64"
	"net/url"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/internal/strictjson"
	"github.com/order-patterns/order-patterns/local/sqs"
)

// envelope is the body of a notification without raw delivery.
// https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
type envelope struct {
	Type              string
	MessageID         string  `json:"MessageId"`
	TopicARN          string  `json:"TopicArn"`
	Subject           *string `json:",omitempty"`
	Message           string
	Timestamp         string
	SignatureVersion  string
	Signature         string
	SigningCertURL    string
	UnsubscribeURL    string
	MessageAttributes map[string]envelopeAttribute `json:",omitempty"`
}

type envelopeAttribute struct{ Type, Value string }

// render returns the message that a subscription's queue receives.
func (s *Service) render(sub *subscription, m message) sqs.Message {
	if sub.raw() {
		return sqs.Message{Body: m.text, Attributes: m.attributes, TraceHeader: m.trace}
	}
	e := envelope{
		Type: "Notification", MessageID: m.id, TopicARN: sub.args.Topic, Subject: m.subject, Message: m.text,
		Timestamp:        m.at.UTC().Format("2006-01-02T15:04:05.000Z"),
		SignatureVersion: "1", Signature: base64.StdEncoding.EncodeToString([]byte("not signed by the embedded cloud")),
		SigningCertURL:    "https://sns." + account.Region + ".amazonaws.com/SimpleNotificationService-00000000000000000000000000000000.pem",
		UnsubscribeURL:    s.account.Endpoint() + "/?Action=Unsubscribe&SubscriptionArn=" + url.QueryEscape(sub.arn),
		MessageAttributes: map[string]envelopeAttribute{},
	}
	for name, a := range m.attributes {
		value := a.StringValue
		if a.DataType == "Binary" {
			value = base64.StdEncoding.EncodeToString(a.BinaryValue)
		}
		e.MessageAttributes[name] = envelopeAttribute{a.DataType, value}
	}
	return sqs.Message{Body: string(strictjson.Encode(e)), TraceHeader: m.trace}
}
