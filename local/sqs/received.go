package sqs

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Received is a message as a consumer gets it.
type Received struct {
	MessageID         string                      `json:"MessageId"`
	ReceiptHandle     string                      // of this receive
	Body              string                      //
	MD5OfBody         string                      // in hexadecimal
	MD5OfAttributes   string                      `json:"MD5OfMessageAttributes,omitempty"`
	Attributes        map[string]string           `json:",omitempty"` // system attributes
	MessageAttributes map[string]MessageAttribute `json:",omitempty"`
}

func (q *queue) received(m *message) Received {
	return Received{
		MessageID: m.id, ReceiptHandle: q.handle(m), Body: m.Body, MD5OfBody: m.md5,
		MD5OfAttributes: m.md5Attrs, MessageAttributes: m.Attributes, Attributes: m.systemAttributes(),
	}
}

func (m *message) systemAttributes() map[string]string {
	millis := func(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }
	all := map[string]string{
		"SenderId":                         m.sender,
		"SentTimestamp":                    millis(m.sent),
		"ApproximateReceiveCount":          strconv.Itoa(m.receives),
		"ApproximateFirstReceiveTimestamp": millis(m.firstReceived),
	}
	if m.TraceHeader != "" {
		all["AWSTraceHeader"] = m.TraceHeader
	}
	if m.source != "" {
		all["DeadLetterQueueSourceArn"] = m.source
	}
	return all
}

// selectAttributes keeps the attributes that were asked for by name, by prefix.* or by All.
func (r *Received) selectAttributes(system, custom []string) {
	if !slices.Contains(system, "All") {
		maps.DeleteFunc(r.Attributes, func(name, _ string) bool { return !slices.Contains(system, name) })
	}
	all := r.MessageAttributes // shared with the queue
	r.MessageAttributes = maps.Clone(all)
	maps.DeleteFunc(r.MessageAttributes, func(name string, _ MessageAttribute) bool {
		return !slices.ContainsFunc(custom, func(asked string) bool {
			prefix, wild := strings.CutSuffix(asked, "*")
			return asked == name || asked == "All" || wild && strings.HasPrefix(name, strings.TrimSuffix(prefix, "."))
		})
	})
	// The digest is of the attributes that are returned, so that the receiver can verify it.
	if len(r.MessageAttributes) != len(all) {
		r.MD5OfAttributes = md5OfAttributes(r.MessageAttributes)
	}
}
