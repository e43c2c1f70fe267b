package components

// expressSeconds is the longest duration of an Express execution. Step Functions ends it then:
// https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
const expressSeconds = 5 * 60

// An Express execution must also move its input to the failure queue within its five minutes. moveSeconds are reserved for that, and
// spareSeconds for transitions between tasks. The tasks before share the rest equally.
const (
	spareSeconds       = 15
	moveSeconds        = 30
	moveTimeoutSeconds = 5 // of one attempt to move the input, in an Express execution
)

// The retries of a Standard execution. With full jitter, a delay is half of its limit on average, so all retries together take a day and a
// half. The probability that they take less than a day is below 10^-12. An execution's history has at most 25,000 events; these retries are
// three events each.
const (
	standardRetries  = 270
	standardMaxDelay = 15 * 60
)

// retry retries every error that is not permanent: throttling, errors of Lambda itself, a function that crashed or timed out, a missing
// permission, an outage. States.ALL matches all of these, and must be alone and last:
// https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
// https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html#bp-lambda-serviceexception
//
// The delays double. Each is random between 0 and its limit, so that executions that failed at the same time do not retry at the same time.
func retry(permanent []string, r retrier) []retrier {
	r.ErrorEquals, r.BackoffRate, r.JitterStrategy = []string{"States.ALL"}, 2, "FULL"
	if len(permanent) == 0 {
		return []retrier{r}
	}
	return []retrier{{ErrorEquals: permanent}, r}
}

// longRetry is the retrier of a task of a Standard machine. It outlasts an outage of a day.
var longRetry = retrier{IntervalSeconds: 1, MaxAttempts: standardRetries, MaxDelaySeconds: standardMaxDelay}

// shortRetry returns the retrier of a task of an Express machine. All attempts and delays fit into this number of seconds.
func shortRetry(seconds, timeoutSeconds int) retrier {
	r := retrier{IntervalSeconds: 2, MaxDelaySeconds: expressSeconds}
	for seconds -= timeoutSeconds; ; r.MaxAttempts++ {
		if seconds -= timeoutSeconds + r.IntervalSeconds<<r.MaxAttempts; seconds < 0 {
			return r
		}
	}
}

// longest returns the longest time that all attempts at a task and the delays between them take, in seconds.
func (s state) longest() (seconds int) {
	r := s.Retry[len(s.Retry)-1]
	delay := r.IntervalSeconds
	for range r.MaxAttempts {
		seconds += delay
		delay = min(2*delay, r.MaxDelaySeconds)
	}
	return seconds + (1+r.MaxAttempts)*s.TimeoutSeconds
}

// expressShare is the time that each task of an Express execution has, in seconds. tasks is the largest number of tasks that run one after
// another before the input is moved to the failure queue.
func expressShare(tasks int) int { return (expressSeconds - moveSeconds - spareSeconds) / tasks }
