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

type urlOutput struct {
	QueueURL string `json:"QueueUrl"`
}

func (s *Service) getQueueURL(c *wire.Call, in *getURLInput) (*urlOutput, error) {
	if in.QueueName == "" {
		return nil, missing("QueueName")
	}
	if in.Owner != nil && *in.Owner != account.ID {
		return nil, errNoQueue()
	}
	if _, err := s.allow(c, "GetQueueUrl", QueueARN(in.QueueName)); err != nil {
		return nil, err
	}
	return &urlOutput{s.QueueURL(in.QueueName)}, nil
}

type queueInput struct {
	QueueURL string `json:"QueueUrl"`
}

type getAttributesInput struct {
	queueInput
	AttributeNames []string
}

type attributesOutput struct {
	Attributes map[string]string `json:",omitempty"`
}

// readOnly are the attributes that cannot be set; noSuchOn are those that only FIFO queues have.
var (
	readOnly = []string{
		"ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed", "ApproximateNumberOfMessagesNotVisible",
		"CreatedTimestamp", "LastModifiedTimestamp", "QueueArn",
	}
	textual = []string{"All", "Policy", "RedrivePolicy", "RedriveAllowPolicy", "KmsMasterKeyId", "SqsManagedSseEnabled"}
	fifo    = []string{"FifoQueue", "ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit"}
)

func (s *Service) getQueueAttributes(c *wire.Call, in *getAttributesInput) (*attributesOutput, error) {
	q, err := s.open(c, "GetQueueAttributes", in.QueueURL)
	if err != nil {
		return nil, err
	}
	for _, name := range in.AttributeNames {
		if _, ok := numeric[name]; !ok && !slices.Contains(slices.Concat(readOnly, textual, fifo), name) {
			return nil, refuse(http.StatusBadRequest, "InvalidAttributeName", "", "Unknown Attribute %s.", name)
		}
	}
	all := q.attributes()
	if !slices.Contains(in.AttributeNames, "All") {
		maps.DeleteFunc(all, func(name, _ string) bool { return !slices.Contains(in.AttributeNames, name) })
	}
	return &attributesOutput{all}, nil
}

type setAttributesInput struct {
	queueInput
	Attributes map[string]string
}

func (s *Service) setQueueAttributes(c *wire.Call, in *setAttributesInput) (*struct{}, error) {
	q, err := s.open(c, "SetQueueAttributes", in.QueueURL)
	if err != nil {
		return nil, err
	}
	if len(in.Attributes) == 0 {
		return nil, missing("Attribute.Name")
	}
	return &struct{}{}, s.configure(q, in.Attributes)
}

type tagsOutput struct {
	Tags map[string]string `json:",omitempty"`
}

func (s *Service) listQueueTags(c *wire.Call, in *queueInput) (*tagsOutput, error) {
	q, err := s.open(c, "ListQueueTags", in.QueueURL)
	if err != nil {
		return nil, err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	return &tagsOutput{maps.Clone(q.tags)}, nil
}

type page struct {
	MaxResults *int
	NextToken  string
}

type listQueuesInput struct {
	QueueNamePrefix string
	page
}

type listQueuesOutput struct {
	QueueURLs []string `json:"QueueUrls,omitempty"`
	NextToken string   `json:",omitempty"`
}

func (s *Service) listQueues(c *wire.Call, in *listQueuesInput) (*listQueuesOutput, error) {
	if err := c.Authorize("sqs:ListQueues", "*"); err != nil {
		return nil, err
	}
	urls, next, err := s.urls(in.page, func(q *queue) bool { return strings.HasPrefix(q.name, in.QueueNamePrefix) })
	return &listQueuesOutput{urls, next}, err
}

type listSourcesInput struct {
	queueInput
	page
}

type listSourcesOutput struct {
	QueueURLs []string `json:"queueUrls"`
	NextToken string   `json:",omitempty"`
}

func (s *Service) listDeadLetterSourceQueues(c *wire.Call, in *listSourcesInput) (*listSourcesOutput, error) {
	dlq, err := s.open(c, "ListDeadLetterSourceQueues", in.QueueURL)
	if err != nil {
		return nil, err
	}
	urls, next, err := s.urls(in.page, func(q *queue) bool { return q.redrivesTo(dlq.arn) })
	return &listSourcesOutput{urls, next}, err
}

func (q *queue) redrivesTo(arn string) bool {
	r := q.settings.Load().redrive
	return r != nil && r.Target == arn
}

// urls lists one page of the queues that match, by name. The token is the last name of the page before.
func (s *Service) urls(p page, match func(*queue) bool) (urls []string, next string, err error) {
	limit := 1000
	if p.MaxResults != nil {
		if limit = *p.MaxResults; limit < 1 || limit > 1000 {
			return nil, "", outside(limit, "MaxResults", 1, 1000)
		}
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	last := ""
	for _, name := range slices.Sorted(maps.Keys(s.queues)) {
		switch {
		case name <= p.NextToken || !match(s.queues[name]):
		case len(urls) == limit:
			return urls, last, nil
		default:
			urls, last = append(urls, s.QueueURL(name)), name
		}
	}
	return urls, "", nil
}

// purgeQueue deletes all messages. AWS takes up to a minute for it, within which it accepts no second one.
func (s *Service) purgeQueue(c *wire.Call, in *queueInput) (*struct{}, error) {
	q, err := s.open(c, "PurgeQueue", in.QueueURL)
	if err != nil {
		return nil, err
	}
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
