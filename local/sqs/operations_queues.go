package sqs

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/wire"
)

type getURLInput struct {
	QueueName string
	Owner     *string `json:"QueueOwnerAWSAccountId"`
}

func (s *Service) getQueueURL(c *wire.Call, in *getURLInput) (wire.Object, error) {
	if in.QueueName == "" {
		return nil, missing("QueueName")
	}
	if in.Owner != nil && *in.Owner != account.ID {
		return nil, noQueue()
	}
	if _, err := s.allow(c, "GetQueueUrl", QueueARN(in.QueueName), noQueue()); err != nil {
		return nil, err
	}
	return wire.Object{"QueueUrl": s.QueueURL(in.QueueName)}, nil
}

type getAttributesInput struct {
	queueInput
	AttributeNames []string
}

func getQueueAttributes(c *wire.Call, q *queue, in *getAttributesInput) (wire.Object, error) {
	all := q.attributes()
	for _, name := range in.AttributeNames {
		if _, present := all[name]; !present && texts[name] == nil && name != "All" {
			return nil, unknownAttribute(name)
		}
	}
	if !slices.Contains(in.AttributeNames, "All") {
		maps.DeleteFunc(all, func(name, _ string) bool { return !slices.Contains(in.AttributeNames, name) })
	}
	return wire.Object{}.With(wire.Object{"Attributes": all}), nil
}

type setAttributesInput struct {
	queueInput
	Attributes map[string]string
}

func (s *Service) setQueueAttributes(c *wire.Call, q *queue, in *setAttributesInput) (*struct{}, error) {
	if len(in.Attributes) == 0 {
		return nil, missing("Attribute.Name")
	}
	return &struct{}{}, s.configure(q, in.Attributes)
}

type listQueuesInput struct{ QueueNamePrefix string }

func (s *Service) listQueues(_ *wire.Call, in *listQueuesInput) (wire.Object, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var urls []string
	for _, name := range slices.Sorted(maps.Keys(s.queues)) {
		if strings.HasPrefix(name, in.QueueNamePrefix) {
			urls = append(urls, s.QueueURL(name))
		}
	}
	return wire.Object{}.With(wire.Object{"QueueUrls": urls}), nil
}

// purgeQueue deletes all messages. As on AWS, a queue can be purged once in 60 seconds.
func purgeQueue(c *wire.Call, q *queue, in *queueInput) (*struct{}, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := q.clock.Now()
	if now.Before(q.purged.Add(time.Minute)) {
		return nil, legacy(http.StatusForbidden, "PurgeQueueInProgress", "Only one PurgeQueue operation on %s is allowed every 60 seconds.", q.name)
	}
	q.purged = now
	q.clear()
	return &struct{}{}, nil
}
