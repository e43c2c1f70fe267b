package sqs

import (
	"container/heap"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/order-patterns/order-patterns/local/policy"
)

// settings are a queue's attributes that can be set. They are replaced as a whole, never changed.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
type settings struct {
	delay, retention, visibility, wait int // seconds
	maxSize                            int // bytes
	kmsKey                             string
	kmsReuse                           int // seconds
	managedSSE                         bool

	policyText, redriveText, allowText string
	policy                             *policy.Document
	redrive                            *redrivePolicy
	allow                              *redriveAllowPolicy
}

const (
	maxDelay      = 900
	awsManagedKey = "alias/aws/sqs"
)

var (
	defaults  = settings{retention: 345_600, visibility: 30, maxSize: 1 << 20, kmsReuse: 300, managedSSE: true}
	queueName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)
)

// numeric are the attributes that are integers, and their ranges.
var numeric = map[string]struct {
	lo, hi int
	of     func(*settings) *int
}{
	"DelaySeconds":                  {0, maxDelay, func(s *settings) *int { return &s.delay }},
	"MaximumMessageSize":            {1 << 10, 1 << 20, func(s *settings) *int { return &s.maxSize }},
	"MessageRetentionPeriod":        {60, 1_209_600, func(s *settings) *int { return &s.retention }},
	"ReceiveMessageWaitTimeSeconds": {0, maxWait, func(s *settings) *int { return &s.wait }},
	"VisibilityTimeout":             {0, maxVisibility, func(s *settings) *int { return &s.visibility }},
	"KmsDataKeyReusePeriodSeconds":  {60, 86_400, func(s *settings) *int { return &s.kmsReuse }},
}

// redrivePolicy is the RedrivePolicy of a source queue.
type redrivePolicy struct {
	Target          string       `json:"deadLetterTargetArn"`
	MaxReceiveCount receiveCount `json:"maxReceiveCount"`
}

// receiveCount accepts a string, as AWS does.
type receiveCount int

// UnmarshalJSON implements json.Unmarshaler.
func (c *receiveCount) UnmarshalJSON(b []byte) error {
	n, err := strconv.Atoi(strings.Trim(string(b), `"`))
	*c = receiveCount(n)
	return err
}

// redriveAllowPolicy is the RedriveAllowPolicy of a dead-letter queue: which queues may name it as theirs.
type redriveAllowPolicy struct {
	Permission string   `json:"redrivePermission"`
	Sources    []string `json:"sourceQueueArns"`
}

func (p *redriveAllowPolicy) allows(source string) bool {
	return p == nil || p.Permission == "allowAll" || p.Permission == "byQueue" && slices.Contains(p.Sources, source)
}

// set changes one attribute. An empty text removes a policy or key.
func (s *settings) set(name, value string) error {
	if n, ok := numeric[name]; ok {
		v, err := strconv.Atoi(value)
		if err != nil || v < n.lo || v > n.hi {
			return invalidAttribute(value, name, fmt.Sprintf("Must be an integer from %d to %d.", n.lo, n.hi))
		}
		*n.of(s) = v
		return nil
	}
	var err error
	switch name {
	case "KmsMasterKeyId":
		if s.kmsKey = value; value != "" {
			s.managedSSE = false
		}
	case "SqsManagedSseEnabled":
		if s.managedSSE, err = strconv.ParseBool(value); s.managedSSE {
			s.kmsKey = ""
		}
	case "Policy":
		if s.policyText, s.policy = value, nil; value != "" {
			s.policy, err = policy.Parse(value, policy.Resource)
		}
	case "RedrivePolicy":
		if s.redriveText, s.redrive = value, nil; value != "" {
			s.redrive, err = parseRedrive(value)
		}
	case "RedriveAllowPolicy":
		if s.allowText, s.allow = value, nil; value != "" {
			s.allow, err = parseAllow(value)
		}
	default:
		return refuse(http.StatusBadRequest, "InvalidAttributeName", "", "Unknown Attribute %s.", name)
	}
	if err != nil {
		return invalidAttribute(value, name, err.Error())
	}
	return nil
}

func parseRedrive(text string) (*redrivePolicy, error) {
	r := redrivePolicy{MaxReceiveCount: 10}
	if err := decode(text, &r); err != nil {
		return nil, err
	}
	if r.Target == "" {
		return nil, errors.New("it does not contain the mandatory attribute deadLetterTargetArn")
	}
	if r.MaxReceiveCount < 1 || r.MaxReceiveCount > 1000 {
		return nil, fmt.Errorf("invalid value for maxReceiveCount: %d, valid values are from 1 to 1000 both inclusive", r.MaxReceiveCount)
	}
	return &r, nil
}

func parseAllow(text string) (*redriveAllowPolicy, error) {
	var p redriveAllowPolicy
	if err := decode(text, &p); err != nil {
		return nil, err
	}
	byQueue := p.Permission == "byQueue"
	switch {
	case !byQueue && p.Permission != "allowAll" && p.Permission != "denyAll":
		return nil, fmt.Errorf("redrivePermission must be allowAll, denyAll or byQueue, got %q", p.Permission)
	case byQueue != (len(p.Sources) > 0) || len(p.Sources) > 10:
		return nil, fmt.Errorf("sourceQueueArns must name 1 to 10 queues if redrivePermission is byQueue, and else be absent")
	}
	return &p, nil
}

func decode(text string, v any) error {
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return fmt.Errorf("not the JSON that is wanted: %w", err)
	}
	return nil
}

// configure sets attributes of a queue: all of them, or none if one is not accepted.
func (s *Service) configure(q *queue, attributes map[string]string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	next := *q.settings.Load()
	if attributes["KmsMasterKeyId"] != "" && attributes["SqsManagedSseEnabled"] == "true" {
		return invalidAttribute("true", "SqsManagedSseEnabled", "You can use one type of server-side encryption (SSE) at one time.")
	}
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		if err := next.set(name, attributes[name]); err != nil {
			return err
		}
	}
	if text, ok := attributes["RedrivePolicy"]; ok && next.redrive != nil {
		dlq := s.findARN(next.redrive.Target)
		switch {
		case dlq == nil && next.redrive.Target != q.arn:
			return invalidAttribute(text, "RedrivePolicy", "Dead letter target does not exist.")
		case dlq != nil && !dlq.settings.Load().allow.allows(q.arn):
			return invalidAttribute(text, "RedrivePolicy", "Dead letter target does not allow this queue in its RedriveAllowPolicy.")
		}
	}
	retention := q.settings.Load().retention
	q.settings.Store(&next)
	now := q.clock.Now()
	q.modified = now
	if next.retention != retention {
		for _, m := range q.schedule {
			if m.due = q.expiry(m); m.state != ready && m.visibleAt.Before(m.due) {
				m.due = m.visibleAt
			}
		}
		heap.Init(&q.schedule)
	}
	q.settle(now)
	return nil
}

// attributes are all attributes of a queue as they are now. Optional ones that are not set are absent.
func (q *queue) attributes() map[string]string {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.advance(q.clock.Now())
	set := q.settings.Load()
	all := map[string]string{
		"QueueArn":                              q.arn,
		"CreatedTimestamp":                      strconv.FormatInt(q.created.Unix(), 10),
		"LastModifiedTimestamp":                 strconv.FormatInt(q.modified.Unix(), 10),
		"ApproximateNumberOfMessages":           strconv.Itoa(q.counts[ready]),
		"ApproximateNumberOfMessagesNotVisible": strconv.Itoa(q.counts[inFlight]),
		"ApproximateNumberOfMessagesDelayed":    strconv.Itoa(q.counts[delayed]),
		"SqsManagedSseEnabled":                  strconv.FormatBool(set.managedSSE),
	}
	for name, n := range numeric {
		all[name] = strconv.Itoa(*n.of(set))
	}
	if set.kmsKey == "" {
		delete(all, "KmsDataKeyReusePeriodSeconds")
	}
	for name, text := range map[string]string{
		"Policy": set.policyText, "RedrivePolicy": set.redriveText, "RedriveAllowPolicy": set.allowText, "KmsMasterKeyId": set.kmsKey,
	} {
		if text != "" {
			all[name] = text
		}
	}
	return all
}
