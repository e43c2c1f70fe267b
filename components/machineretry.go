package components

// expressSeconds is when Step Functions ends an Express execution, whatever it is doing:
// https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
const expressSeconds = 5 * 60

// Within its five minutes, an Express execution must also move its input to the failure queue. It keeps moveSeconds for that,
// and spareSeconds for what passes between tasks. Each of the tasks before has the same share of the rest.
const (
	spareSeconds       = 15
	moveSeconds        = 30
	moveTimeoutSeconds = 5 // of one attempt at moving, in an Express execution
)

// The retries of a Standard execution. With full jitter a delay is half of its limit on average, so that all of them
// together take a day and a half; that they take less than a day is less likely than one in 10^12. The history of an
// execution has at most 25,000 events; these are three for each attempt.
const (
	standardRetries  = 270
	standardMaxDelay = 15 * 60
)

// retry retries everything but permanent errors: throttling, errors of Lambda itself, a function that crashed or timed out,
// a missing permission, an outage. States.ALL stands for all of these, and must be alone and the last:
// https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
// https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html#bp-lambda-serviceexception
//
// The delays double. Each is random between 0 and its limit, so that executions that failed at the same time do not retry at
// the same time.
func retry(permanent []string, r retrier) []retrier {
	r.ErrorEquals, r.BackoffRate, r.JitterStrategy = []string{"States.ALL"}, 2, "FULL"
	if len(permanent) == 0 {
		return []retrier{r}
	}
	return []retrier{{ErrorEquals: permanent}, r}
}

// longRetry is that of a task of a Standard machine. It outlasts an outage of a day.
var longRetry = retrier{IntervalSeconds: 1, MaxAttempts: standardRetries, MaxDelaySeconds: standardMaxDelay}

// shortRetry fits all attempts at a task of an Express machine and the delays between them into a number of seconds.
func shortRetry(seconds, timeoutSeconds int) retrier {
	r := retrier{IntervalSeconds: 2, MaxDelaySeconds: expressSeconds}
	for seconds -= timeoutSeconds; ; r.MaxAttempts++ {
		if seconds -= timeoutSeconds + r.IntervalSeconds<<r.MaxAttempts; seconds < 0 {
			return r
		}
	}
}

// longest is how many seconds all attempts at a task take, and the delays between them.
func (s state) longest() (seconds int) {
	r := s.Retry[len(s.Retry)-1]
	delay := r.IntervalSeconds
	for range r.MaxAttempts {
		seconds += delay
		delay = min(2*delay, r.MaxDelaySeconds)
	}
	return seconds + (1+r.MaxAttempts)*s.TimeoutSeconds
}

// expressShare is how many seconds an Express execution has for each of its tasks, if it runs this many one after another, at most,
// before it moves its input to the failure queue.
func expressShare(tasks int) int { return (expressSeconds - moveSeconds - spareSeconds) / tasks }
