package components

import (
	"fmt"
	"regexp"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// AlarmSettings configures the alarms and the dashboard of a component. An alarm is raised when its metric is above the threshold.
// docs/operations.md lists the alarms, and what to do about each.
type AlarmSettings struct {
	// Off creates no alarms, no topic for them, and no dashboard. Default false.
	Off bool `pulumi:"off,optional"`
	// TopicArn is the ARN of an SNS topic. Each alarm is published to it when the alarm is raised, and when it is over. The policy of the
	// topic must allow CloudWatch to publish. Default: the component creates a topic, the output alarmTopicArn.
	TopicArn pulumi.StringPtrInput `pulumi:"topicArn,optional"`
	// Email is an address that gets a message about each alarm. Its owner must first confirm the subscription, by the link in AWS's first
	// message. It cannot be set together with TopicArn: subscribe to that topic instead. Default: none.
	Email pulumi.StringPtrInput `pulumi:"email,optional"`

	// QueueAgeSeconds is the highest age of the oldest message in a queue, and of a message that fails repeatedly, in seconds, over five
	// minutes: [QueueAgeRange]. Default [DefaultQueueAge].
	QueueAgeSeconds pulumi.IntPtrInput `pulumi:"queueAgeSeconds,optional"`
	// FunctionErrors is the highest number of errors of a function in five minutes: [ErrorsRange]. Default [DefaultErrors].
	FunctionErrors pulumi.IntPtrInput `pulumi:"functionErrors,optional"`
	// DurationPercent is the longest duration of an invocation, in percent of the function's timeout: [PercentRange]. Default
	// [DefaultDurationPercent].
	DurationPercent pulumi.IntPtrInput `pulumi:"durationPercent,optional"`
	// IteratorAgeSeconds is how far a reader may be behind its stream, in seconds, over five minutes: [IteratorAgeRange]. Default
	// [DefaultIteratorAge].
	IteratorAgeSeconds pulumi.IntPtrInput `pulumi:"iteratorAgeSeconds,optional"`
	// ApiErrors is the highest number of answers of the API with a 5xx status in five minutes: [ErrorsRange]. Default [DefaultErrors].
	ApiErrors pulumi.IntPtrInput `pulumi:"apiErrors,optional"`
	// ApiLatencyMs is the highest 99th percentile of the API's latency, in milliseconds, over five minutes: [LatencyRange]. Default
	// [DefaultLatencyMs].
	ApiLatencyMs pulumi.IntPtrInput `pulumi:"apiLatencyMs,optional"`
	// PendingSeconds is how long an order of a CheckerPipeline may be Pending, in seconds: [PendingRange]. Default [DefaultPending].
	PendingSeconds pulumi.IntPtrInput `pulumi:"pendingSeconds,optional"`
}

// The ranges of the thresholds of alarms.
var (
	QueueAgeRange    = Range{60, queueRetentionDays * secondsPerDay}
	IteratorAgeRange = Range{1, RecordAgeRange.Max}
	ErrorsRange      = Range{0, 1_000_000}
	PercentRange     = Range{1, 99}
	LatencyRange     = Range{1, 29_000} // 29 s is API Gateway's default limit for an integration
	PendingRange     = Range{60, 5 * secondsPerDay}
)

// The default thresholds of alarms.
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
			v.addf(path+"."+notify.name, "is accepted only with alarms, which are off")
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
