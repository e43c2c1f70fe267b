package sqs

import (
	"context"
	"maps"
	"strconv"

	"github.com/order-patterns/order-patterns/local/provider"
)

// Kinds are the Pulumi resource types that this service realises.
func (s *Service) Kinds() []provider.Kind {
	return []provider.Kind{
		s.queueKind(),
		attributeKind(s, "aws:sqs/queuePolicy:QueuePolicy", "policy", "Policy",
			func(in *policyArgs) (*string, *string) { return &in.QueueURL, &in.Text }),
		attributeKind(s, "aws:sqs/redrivePolicy:RedrivePolicy", "redrivePolicy", "RedrivePolicy",
			func(in *redriveArgs) (*string, *string) { return &in.QueueURL, &in.Text }),
		attributeKind(s, "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy", "redriveAllowPolicy", "RedriveAllowPolicy",
			func(in *redriveAllowArgs) (*string, *string) { return &in.QueueURL, &in.Text }),
	}
}

// QueueArgs are the inputs of aws:sqs/queue:Queue.
type QueueArgs struct {
	Name               *string           `pulumi:"name,optional,replace"`
	FIFO               *bool             `pulumi:"fifoQueue,optional,replace"`
	Delay              *int              `pulumi:"delaySeconds,optional"`
	MaxMessageSize     *int              `pulumi:"maxMessageSize,optional"`
	Retention          *int              `pulumi:"messageRetentionSeconds,optional"`
	Wait               *int              `pulumi:"receiveWaitTimeSeconds,optional"`
	Visibility         *int              `pulumi:"visibilityTimeoutSeconds,optional"`
	Policy             *string           `pulumi:"policy,optional"`
	RedrivePolicy      *string           `pulumi:"redrivePolicy,optional"`
	RedriveAllowPolicy *string           `pulumi:"redriveAllowPolicy,optional"`
	ManagedSSE         *bool             `pulumi:"sqsManagedSseEnabled,optional"`
	KMSKey             *string           `pulumi:"kmsMasterKeyId,optional"`
	KMSReuse           *int              `pulumi:"kmsDataKeyReusePeriodSeconds,optional"`
	Tags               map[string]string `pulumi:"tags,optional"`
}

type queueState struct {
	QueueArgs
	ARN string `pulumi:"arn"`
	URL string `pulumi:"url"`
}

// providerMaxSize is the limit, and the default, that version 6 of the AWS provider knows for maxMessageSize.
const providerMaxSize = 256 << 10

// attributes are the queue attributes that the inputs ask for. What is absent gets the provider's default, but for
// those that the provider leaves as they are, because another resource may own them, or AWS chooses them.
func (in *QueueArgs) attributes() map[string]string {
	all := map[string]string{"KmsMasterKeyId": ""}
	for name, p := range map[string]struct {
		given    *int
		fallback int
	}{
		"DelaySeconds":                  {in.Delay, defaults.delay},
		"MaximumMessageSize":            {in.MaxMessageSize, providerMaxSize},
		"MessageRetentionPeriod":        {in.Retention, defaults.retention},
		"ReceiveMessageWaitTimeSeconds": {in.Wait, defaults.wait},
		"VisibilityTimeout":             {in.Visibility, defaults.visibility},
		"KmsDataKeyReusePeriodSeconds":  {in.KMSReuse, defaults.kmsReuse},
	} {
		if p.given == nil {
			p.given = &p.fallback
		}
		all[name] = strconv.Itoa(*p.given)
	}
	for name, text := range map[string]*string{
		"Policy": in.Policy, "RedrivePolicy": in.RedrivePolicy, "RedriveAllowPolicy": in.RedriveAllowPolicy, "KmsMasterKeyId": in.KMSKey,
	} {
		if text != nil {
			all[name] = *text
		}
	}
	if in.ManagedSSE != nil {
		all["SqsManagedSseEnabled"] = strconv.FormatBool(*in.ManagedSSE)
	}
	return all
}

func (s *Service) state(q *queue) *queueState {
	q.mu.Lock()
	defer q.mu.Unlock()
	set := *q.settings.Load()
	standard := false
	optional := func(text string) *string {
		if text == "" {
			return nil
		}
		return &text
	}
	return &queueState{ARN: q.arn, URL: s.QueueURL(q.name), QueueArgs: QueueArgs{
		Name: &q.name, FIFO: &standard, Delay: &set.delay, MaxMessageSize: &set.maxSize, Retention: &set.retention, Wait: &set.wait,
		Visibility: &set.visibility, Policy: optional(set.policyText), RedrivePolicy: optional(set.redriveText),
		RedriveAllowPolicy: optional(set.allowText), ManagedSSE: &set.managedSSE, KMSKey: optional(set.kmsKey), KMSReuse: &set.kmsReuse,
		Tags: maps.Clone(q.tags),
	}}
}

func (s *Service) queueKind() provider.Kind {
	return &provider.Resource[QueueArgs, queueState]{
		Type:     "aws:sqs/queue:Queue",
		AutoName: &provider.AutoName{Property: "name", Max: 80},
		Check: func(c *provider.Checker, in *QueueArgs) {
			if in.FIFO != nil && *in.FIFO {
				c.Failf("fifoQueue", "is not supported by the embedded cloud, which has standard queues only")
			}
			if in.Name != nil && !queueName.MatchString(*in.Name) {
				c.Failf("name", "must be 1 to 80 letters, digits, _ and - (FIFO queues are not supported), got %q", *in.Name)
			}
			c.Range("delaySeconds", in.Delay, 0, maxDelay)
			c.Range("maxMessageSize", in.MaxMessageSize, 1<<10, providerMaxSize)
			c.Range("messageRetentionSeconds", in.Retention, 60, 1_209_600)
			c.Range("receiveWaitTimeSeconds", in.Wait, 0, maxWait)
			c.Range("visibilityTimeoutSeconds", in.Visibility, 0, maxVisibility)
			c.Range("kmsDataKeyReusePeriodSeconds", in.KMSReuse, 60, 86_400)
			if in.KMSKey != nil && in.ManagedSSE != nil {
				c.Failf("sqsManagedSseEnabled", "conflicts with kmsMasterKeyId")
			}
			checkText(c, "policy", "Policy", in.Policy)
			checkText(c, "redrivePolicy", "RedrivePolicy", in.RedrivePolicy)
			checkText(c, "redriveAllowPolicy", "RedriveAllowPolicy", in.RedriveAllowPolicy)
		},
		Create: func(_ context.Context, in *QueueArgs) (string, *queueState, error) {
			q, err := s.create(*in.Name, in.attributes(), in.Tags)
			if err != nil {
				return "", nil, err
			}
			return s.QueueURL(q.name), s.state(q), nil
		},
		Read: func(_ context.Context, id string) (*queueState, error) {
			if q := s.at(id); q != nil {
				return s.state(q), nil
			}
			return nil, nil
		},
		Update: func(_ context.Context, id string, in *QueueArgs) (*queueState, error) {
			q := s.at(id)
			if q == nil {
				return nil, errNoQueue()
			}
			if err := s.configure(q, in.attributes()); err != nil {
				return nil, err
			}
			q.mu.Lock()
			q.tags = in.Tags
			q.mu.Unlock()
			return s.state(q), nil
		},
		Delete: func(_ context.Context, id string) error {
			if q := s.at(id); q != nil {
				s.destroy(q.name)
			}
			return nil
		},
	}
}

// at finds the queue whose URL is a resource's id.
func (s *Service) at(queueURL string) *queue {
	name, err := nameOf(queueURL)
	if err != nil {
		return nil
	}
	return s.find(name)
}

func checkText(c *provider.Checker, property, attribute string, text *string) {
	if text == nil || c.Unknown(property) {
		return
	}
	if err := new(settings).set(attribute, *text); err != nil {
		c.Failf(property, "is not accepted: %v", err)
	}
}

type policyArgs struct {
	QueueURL string `pulumi:"queueUrl,replace"`
	Text     string `pulumi:"policy"`
}

type redriveArgs struct {
	QueueURL string `pulumi:"queueUrl,replace"`
	Text     string `pulumi:"redrivePolicy"`
}

type redriveAllowArgs struct {
	QueueURL string `pulumi:"queueUrl,replace"`
	Text     string `pulumi:"redriveAllowPolicy"`
}

// attributeKind is a resource that is one attribute of a queue. of returns where In keeps the queue's URL and the
// attribute's text.
func attributeKind[In any](s *Service, token, property, attribute string, of func(*In) (queueURL, text *string)) provider.Kind {
	put := func(queueURL, text string) error {
		q := s.at(queueURL)
		if q == nil {
			return errNoQueue()
		}
		return s.configure(q, map[string]string{attribute: text})
	}
	return &provider.Resource[In, In]{
		Type: token,
		Check: func(c *provider.Checker, in *In) {
			_, text := of(in)
			if *text == "" && !c.Unknown(property) {
				c.Failf(property, "must not be empty")
				return
			}
			checkText(c, property, attribute, text)
		},
		Create: func(_ context.Context, in *In) (string, *In, error) {
			queueURL, text := of(in)
			return *queueURL, in, put(*queueURL, *text)
		},
		Read: func(_ context.Context, id string) (*In, error) {
			q := s.at(id)
			if q == nil {
				return nil, nil
			}
			now, ok := q.attributes()[attribute]
			if !ok {
				return nil, nil
			}
			in := new(In)
			queueURL, text := of(in)
			*queueURL, *text = id, now
			return in, nil
		},
		Update: func(_ context.Context, id string, in *In) (*In, error) {
			_, text := of(in)
			return in, put(id, *text)
		},
		Delete: func(_ context.Context, id string) error {
			if s.at(id) == nil {
				return nil
			}
			return put(id, "")
		},
	}
}
