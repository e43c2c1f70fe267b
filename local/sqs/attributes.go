package sqs

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"

	"github.com/order-patterns/order-patterns/local/internal/strictjson"
	"github.com/order-patterns/order-patterns/local/policy"
)

// settings are the attributes of a queue that can be set. They are replaced as a whole, never changed.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
type settings struct {
	delay, retention, visibility, wait int // seconds
	maxSize                            int // bytes
	managedSSE                         bool
	kmsKey                             string // empty without one

	texts   map[string]string // of policies, by attribute, empty for none; not changed once the settings are used
	policy  *policy.Document
	redrive *redrivePolicy
	allow   *redriveAllowPolicy
}

const (
	maxDelay      = 900    // seconds
	maxWait       = 20     // seconds
	maxVisibility = 43_200 // seconds
)

var (
	defaults  = settings{retention: 345_600, visibility: 30, maxSize: 1 << 20, managedSSE: true}
	queueName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)
)

var integers = map[string]struct {
	lo, hi int
	of     func(*settings) *int
}{
	"DelaySeconds":                  {0, maxDelay, func(s *settings) *int { return &s.delay }},
	"MaximumMessageSize":            {1 << 10, 1 << 20, func(s *settings) *int { return &s.maxSize }},
	"MessageRetentionPeriod":        {60, 1_209_600, func(s *settings) *int { return &s.retention }},
	"ReceiveMessageWaitTimeSeconds": {0, maxWait, func(s *settings) *int { return &s.wait }},
	"VisibilityTimeout":             {0, maxVisibility, func(s *settings) *int { return &s.visibility }},
}

var policies = []string{"Policy", "RedrivePolicy", "RedriveAllowPolicy"}

// A queue is encrypted in one of these ways: setting one ends the other.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
const (
	managedSSE = "SqsManagedSseEnabled"
	kmsKey     = "KmsMasterKeyId"
)

func unknownAttribute(name string) error {
	return refuse(http.StatusBadRequest, "InvalidAttributeName", "", "Unknown Attribute %s.", name)
}

// set changes one attribute. An empty text removes a policy.
func (s *settings) set(name, value string) error {
	if n, ok := integers[name]; ok {
		v, err := strconv.Atoi(value)
		if err != nil || v < n.lo || v > n.hi {
			return invalidAttribute(value, name, fmt.Sprintf("Must be an integer from %d to %d.", n.lo, n.hi))
		}
		*n.of(s) = v
		return nil
	}
	var err error
	switch {
	case name == managedSSE:
		if s.managedSSE, err = strconv.ParseBool(value); s.managedSSE {
			s.kmsKey = ""
		}
	case name == kmsKey:
		if s.kmsKey = value; value != "" {
			s.managedSSE = false
		}
	case slices.Contains(policies, name):
		err = s.parse(name, value)
	default:
		return unknownAttribute(name)
	}
	if err != nil {
		return invalidAttribute(value, name, err.Error())
	}
	return nil
}

func (s *settings) parse(name, text string) (err error) {
	texts := map[string]string{}
	maps.Copy(texts, s.texts)
	texts[name], s.texts = text, texts
	switch name {
	case "Policy":
		if s.policy = nil; text != "" {
			s.policy, err = policy.Parse(text, policy.Resource)
		}
	case "RedrivePolicy":
		if s.redrive = nil; text != "" {
			s.redrive, err = parseRedrive(text)
		}
	case "RedriveAllowPolicy":
		if s.allow = nil; text != "" {
			s.allow, err = parseAllow(text)
		}
	}
	return err
}

// configure sets attributes of a queue. It sets none of them if one is not accepted.
func (s *Service) configure(q *queue, attributes map[string]string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	next := *q.settings.Load()
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
		q.schedule.Clear()
		for _, m := range q.messages {
			q.plan(m)
		}
	}
	q.notify(now)
	return nil
}

// attributes returns all attributes of a queue as they are now. Policies that are not set are absent.
func (q *queue) attributes() map[string]string {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.advance(q.clock.Now())
	set := *q.settings.Load()
	all := map[string]string{
		"QueueArn":                              q.arn,
		"CreatedTimestamp":                      strconv.FormatInt(q.created.Unix(), 10),
		"LastModifiedTimestamp":                 strconv.FormatInt(q.modified.Unix(), 10),
		"ApproximateNumberOfMessages":           strconv.Itoa(q.counts[ready]),
		"ApproximateNumberOfMessagesNotVisible": strconv.Itoa(q.counts[inFlight]),
		"ApproximateNumberOfMessagesDelayed":    strconv.Itoa(q.counts[delayed]),
		managedSSE:                              strconv.FormatBool(set.managedSSE),
		kmsKey:                                  set.kmsKey,
	}
	for name, n := range integers {
		all[name] = strconv.Itoa(*n.of(&set))
	}
	maps.Copy(all, set.texts)
	maps.DeleteFunc(all, func(_, value string) bool { return value == "" })
	return all
}

// redrivePolicy is the RedrivePolicy of a source queue.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
type redrivePolicy struct {
	Target          string `json:"deadLetterTargetArn"`
	MaxReceiveCount int    `json:"maxReceiveCount"`
}

func parseRedrive(text string) (*redrivePolicy, error) {
	r := redrivePolicy{MaxReceiveCount: 10}
	if err := decode(text, &r); err != nil {
		return nil, err
	}
	if r.Target == "" {
		return nil, errors.New("deadLetterTargetArn is required")
	}
	if r.MaxReceiveCount < 1 || r.MaxReceiveCount > 1000 {
		return nil, fmt.Errorf("maxReceiveCount must be from 1 to 1000, got %d", r.MaxReceiveCount)
	}
	return &r, nil
}

// redriveAllowPolicy is the RedriveAllowPolicy of a dead-letter queue: which source queues it accepts.
type redriveAllowPolicy struct {
	Permission string   `json:"redrivePermission"`
	Sources    []string `json:"sourceQueueArns"`
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
		return nil, errors.New("sourceQueueArns must have 1 to 10 ARNs if redrivePermission is byQueue, and else be absent")
	}
	return &p, nil
}

func (p *redriveAllowPolicy) allows(source string) bool {
	return p == nil || p.Permission == "allowAll" || p.Permission == "byQueue" && slices.Contains(p.Sources, source)
}

func decode(text string, v any) error {
	if err := strictjson.Decode(text, v); err != nil {
		return fmt.Errorf("not valid JSON of this policy: %w", err)
	}
	return nil
}
