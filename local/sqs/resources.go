package sqs

import (
	"cmp"
	"context"
	"maps"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-patterns/order-patterns/local/provider"
)

// Kinds are the Pulumi resource types that this service implements.
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
	Retention          *int              `pulumi:"messageRetentionSeconds,optional"`
	Wait               *int              `pulumi:"receiveWaitTimeSeconds,optional"`
	Visibility         *int              `pulumi:"visibilityTimeoutSeconds,optional"`
	Policy             *string           `pulumi:"policy,optional"`
	RedrivePolicy      *string           `pulumi:"redrivePolicy,optional"`
	RedriveAllowPolicy *string           `pulumi:"redriveAllowPolicy,optional"`
	ManagedSSE         *bool             `pulumi:"sqsManagedSseEnabled,optional"`
	KMSKey             *string           `pulumi:"kmsMasterKeyId,optional"`
	Tags               map[string]string `pulumi:"tags,optional"`
	ARN                string            `pulumi:"arn,output"`
	URL                string            `pulumi:"url,output"`
}

// providerMaxSize is the MaximumMessageSize that version 6 of the AWS provider sets by default, in bytes.
const providerMaxSize = 256 << 10

// attributes returns the queue attributes for the inputs. An absent input gets the provider's default. Absent policies
// are left as they are, because another resource may own them.
func (in *QueueArgs) attributes() map[string]string {
	integer := func(given, otherwise *int) string { return strconv.Itoa(*cmp.Or(given, otherwise)) }
	all := map[string]string{
		"MaximumMessageSize": strconv.Itoa(providerMaxSize), kmsKey: aws.ToString(in.KMSKey),
		"MessageRetentionPeriod":        integer(in.Retention, &defaults.retention),
		"ReceiveMessageWaitTimeSeconds": integer(in.Wait, &defaults.wait),
		"VisibilityTimeout":             integer(in.Visibility, &defaults.visibility),
	}
	for name, text := range map[string]*string{
		"Policy": in.Policy, "RedrivePolicy": in.RedrivePolicy, "RedriveAllowPolicy": in.RedriveAllowPolicy,
	} {
		if text != nil {
			all[name] = *text
		}
	}
	if in.ManagedSSE != nil {
		all[managedSSE] = strconv.FormatBool(*in.ManagedSSE)
	}
	return all
}

func (s *Service) state(q *queue) *QueueArgs {
	q.mu.Lock()
	defer q.mu.Unlock()
	set := *q.settings.Load()
	optional := func(text string) *string {
		if text == "" {
			return nil
		}
		return &text
	}
	return &QueueArgs{
		Name: &q.name, Retention: &set.retention, Wait: &set.wait, Visibility: &set.visibility,
		Policy: optional(set.texts["Policy"]), RedrivePolicy: optional(set.texts["RedrivePolicy"]), RedriveAllowPolicy: optional(set.texts["RedriveAllowPolicy"]),
		ManagedSSE: &set.managedSSE, KMSKey: optional(set.kmsKey), Tags: maps.Clone(q.tags), ARN: q.arn, URL: s.QueueURL(q.name),
	}
}

func (s *Service) queueKind() provider.Kind {
	return &provider.Object[QueueArgs, queue]{
		Type:     "aws:sqs/queue:Queue",
		AutoName: &provider.AutoName{Property: "name", Max: 80},
		Find:     s.findURL,
		State:    s.state,
		Check: func(c *provider.Checker, in *QueueArgs) {
			c.Match("name", in.Name, queueName, "1 to 80 letters, digits, _ and -")
			c.Range("messageRetentionSeconds", in.Retention, 60, 1_209_600)
			c.Range("receiveWaitTimeSeconds", in.Wait, 0, maxWait)
			c.Range("visibilityTimeoutSeconds", in.Visibility, 0, maxVisibility)
			if in.ManagedSSE != nil && in.KMSKey != nil {
				c.Failf("kmsMasterKeyId", "conflicts with sqsManagedSseEnabled: set one of them")
			}
			c.Parse("policy", in.Policy, checkAttribute("Policy"))
			c.Parse("redrivePolicy", in.RedrivePolicy, checkAttribute("RedrivePolicy"))
			c.Parse("redriveAllowPolicy", in.RedriveAllowPolicy, checkAttribute("RedriveAllowPolicy"))
		},
		Create: func(_ context.Context, in *QueueArgs) (string, error) {
			_, err := s.create(*in.Name, in.attributes(), in.Tags)
			return s.QueueURL(*in.Name), err
		},
		Update: func(_ context.Context, q *queue, in *QueueArgs) error {
			if err := s.configure(q, in.attributes()); err != nil {
				return err
			}
			q.mu.Lock()
			defer q.mu.Unlock()
			q.tags = in.Tags
			return nil
		},
		Delete: func(_ context.Context, q *queue) error {
			s.destroy(q)
			return nil
		},
	}
}

func checkAttribute(name string) func(string) error {
	return func(text string) error { return new(settings).set(name, text) }
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

// attributeKind is a resource that is one attribute of a queue. of returns where In has the queue's URL and the
// attribute's text.
func attributeKind[In any](s *Service, token, property, attribute string, of func(*In) (queueURL, text *string)) provider.Kind {
	owner := func(in *In) string {
		queueURL, _ := of(in)
		return *queueURL
	}
	set := func(_ context.Context, q *queue, in *In) error {
		if in == nil {
			in = new(In)
		}
		_, text := of(in)
		return s.configure(q, map[string]string{attribute: *text})
	}
	return provider.Setting(owner, set, provider.Object[In, queue]{
		Type: token,
		Check: func(c *provider.Checker, in *In) {
			_, text := of(in)
			if *text == "" && !c.Unknown(property) {
				c.Failf(property, "must not be empty")
			}
			c.Parse(property, text, checkAttribute(attribute))
		},
		Find: s.findURL,
		State: func(q *queue) *In {
			in := new(In)
			queueURL, text := of(in)
			if *queueURL, *text = s.QueueURL(q.name), q.attributes()[attribute]; *text == "" {
				return nil
			}
			return in
		},
	})
}
