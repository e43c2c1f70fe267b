package components

import (
	"fmt"
	"regexp"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// AlarmSettings are those of a component's alarms and of its dashboard. An alarm is raised above its threshold. docs/operations.md
// lists the alarms, and what to do about each.
type AlarmSettings struct {
	// Off makes no alarms, no topic for them, and no dashboard.
	Off bool `pulumi:"off,optional"`
	// TopicArn is the ARN of an SNS topic that each alarm is published to when it is raised, and when it is over. Its policy must let
	// CloudWatch publish. Default: the component makes a topic, and says which.
	TopicArn pulumi.StringPtrInput `pulumi:"topicArn,optional"`
	// Email gets a message of each, once its owner has followed the link in AWS's first message. Not with TopicArn, to which others
	// subscribe. Default: nobody.
	Email pulumi.StringPtrInput `pulumi:"email,optional"`

	// QueueAgeSeconds is how long the oldest message of a queue may wait for five minutes, and how old a message of an order may be
	// that fails: [QueueAgeRange]. Default [DefaultQueueAge].
	QueueAgeSeconds pulumi.IntPtrInput `pulumi:"queueAgeSeconds,optional"`
	// FunctionErrors is how often a function may fail in five minutes: [ErrorsRange]. Default [DefaultErrors].
	FunctionErrors pulumi.IntPtrInput `pulumi:"functionErrors,optional"`
	// DurationPercent is which part of its timeout a function may take: [PercentRange]. Default [DefaultDurationPercent].
	DurationPercent pulumi.IntPtrInput `pulumi:"durationPercent,optional"`
	// IteratorAgeSeconds is how far a reader may be behind its stream for five minutes: [IteratorAgeRange]. Default
	// [DefaultIteratorAge].
	IteratorAgeSeconds pulumi.IntPtrInput `pulumi:"iteratorAgeSeconds,optional"`
	// ApiErrors is how many requests the API may answer with a status from 500 in five minutes: [ErrorsRange]. Default
	// [DefaultErrors].
	ApiErrors pulumi.IntPtrInput `pulumi:"apiErrors,optional"`
	// ApiLatencyMs is what 99 % of the API's answers may take for five minutes: [LatencyRange]. Default [DefaultLatencyMs].
	ApiLatencyMs pulumi.IntPtrInput `pulumi:"apiLatencyMs,optional"`
	// PendingSeconds is for how long an order of a CheckerPipeline may be Pending: [PendingRange]. Default [DefaultPending].
	PendingSeconds pulumi.IntPtrInput `pulumi:"pendingSeconds,optional"`
}

// The thresholds of alarms.
var (
	QueueAgeRange    = Range{60, queueRetentionDays * secondsPerDay}
	IteratorAgeRange = Range{1, RecordAgeRange.Max}
	ErrorsRange      = Range{0, 1_000_000}
	PercentRange     = Range{1, 99}
	LatencyRange     = Range{1, 29_000} // the longest that API Gateway waits by default
	PendingRange     = Range{60, 5 * secondsPerDay}
)

// The defaults of thresholds.
const (
	DefaultQueueAge        = 900 // seconds
	DefaultErrors          = 0
	DefaultDurationPercent = 80
	DefaultIteratorAge     = 300  // seconds
	DefaultLatencyMs       = 3000 // milliseconds
	DefaultPending         = 900  // seconds
)

func (s AlarmSettings) resolve(v *validator, path string) AlarmSettings {
	for _, notify := range []struct {
		name  string
		in    *pulumi.StringPtrInput
		check func(string) error
	}{{"TopicArn", &s.TopicArn, checkTopicARN}, {"Email", &s.Email, checkAddress}} {
		if unset(*notify.in) {
			*notify.in = nil
			continue
		}
		if s.Off {
			v.addf(path+"."+notify.name, "is of use only with alarms, which are off")
		}
		*notify.in = v.text(path+"."+notify.name, *notify.in, notify.check, "")
	}
	if s.TopicArn != nil && s.Email != nil {
		v.addf(path+".Email", "must not be set together with TopicArn: subscribe to that topic")
	}
	s.QueueAgeSeconds = v.number(path+".QueueAgeSeconds", s.QueueAgeSeconds, QueueAgeRange.Check, DefaultQueueAge)
	s.FunctionErrors = v.number(path+".FunctionErrors", s.FunctionErrors, ErrorsRange.Check, DefaultErrors)
	s.DurationPercent = v.number(path+".DurationPercent", s.DurationPercent, PercentRange.Check, DefaultDurationPercent)
	s.IteratorAgeSeconds = v.number(path+".IteratorAgeSeconds", s.IteratorAgeSeconds, IteratorAgeRange.Check, DefaultIteratorAge)
	s.ApiErrors = v.number(path+".ApiErrors", s.ApiErrors, ErrorsRange.Check, DefaultErrors)
	s.ApiLatencyMs = v.number(path+".ApiLatencyMs", s.ApiLatencyMs, LatencyRange.Check, DefaultLatencyMs)
	s.PendingSeconds = v.number(path+".PendingSeconds", s.PendingSeconds, PendingRange.Check, DefaultPending)
	return s
}

var topicARN = regexp.MustCompile(`^arn:[^:]+:sns:[^:]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}$`)

func checkTopicARN(arn string) error {
	if !topicARN.MatchString(arn) {
		return fmt.Errorf("must be the ARN of a topic, such as arn:aws:sns:eu-west-1:123456789012:on-call, got %q", arn)
	}
	return nil
}
