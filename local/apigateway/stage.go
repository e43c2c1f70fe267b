package apigateway

import (
	"context"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"github.com/order-patterns/order-patterns/local/logs"
)

// stage is a name under which a deployment is served, with its settings.
type stage struct {
	inputs   StageArgs
	created  time.Time
	updated  time.Time
	settings map[string]*Settings // by method path, as the resource gives it
	live     *liveStage
}

// liveStage is everything that serving a request needs. It never changes: each change of a stage makes a new one, which
// keeps the limiters whose settings are the same.
type liveStage struct {
	*definition
	deploymentID string
	tracing      bool
	traceName    string
	log          *accessLog
	limiters     map[*method]*rate.Limiter // nil where only the account's limit applies
	// answers belong to one deployment: another one starts without.
	answers *answers
}

// settingsOf returns the settings of a method, or those of all methods; nil if there are neither.
func (st *stage) settingsOf(m *method) *Settings {
	for path, set := range st.settings {
		if verb, resource := splitMethodPath(path); verb == m.verb && resource == m.resource.path {
			return set
		}
	}
	return st.settings[allMethods]
}

// splitMethodPath reads PATH/VERB, where ~1 is a slash of the path. A slash at its beginning may be left out:
// https://docs.aws.amazon.com/apigateway/api-reference/link-relation/stage-update/
func splitMethodPath(text string) (verb, path string) {
	at := strings.LastIndex(text, "/")
	return text[at+1:], "/" + strings.TrimPrefix(strings.ReplaceAll(text[:max(at, 0)], "~1", "/"), "/")
}

// limiter is a token bucket for one method; nil if the settings leave its limits to the account.
func (set *Settings) limiter() *rate.Limiter {
	if set == nil {
		return nil
	}
	perSecond, burst := float64(accountRate), accountBurst
	if set.ThrottlingRateLimit != nil && *set.ThrottlingRateLimit != noLimit {
		perSecond = *set.ThrottlingRateLimit
	}
	if set.ThrottlingBurstLimit != nil && *set.ThrottlingBurstLimit != noLimit {
		burst = *set.ThrottlingBurstLimit
	}
	if perSecond == accountRate && burst == accountBurst {
		return nil
	}
	return rate.NewLimiter(rate.Limit(perSecond), burst)
}

// keepBucket returns the old limiter if its limits are the same as the next one's, else the next. An unrelated change
// must not refill a bucket.
func keepBucket(old, next *rate.Limiter) *rate.Limiter {
	if old != nil && next != nil && old.Limit() == next.Limit() && old.Burst() == next.Burst() {
		return old
	}
	return next
}

// refresh applies the settings of a stage. The caller holds the service's lock.
func (s *Service) refresh(api *restAPI, st *stage) {
	d := api.deployments[st.inputs.Deployment]
	live := &liveStage{
		definition: d.definition, deploymentID: d.id, traceName: *api.inputs.Name + "/" + st.inputs.StageName,
		tracing:  st.inputs.XRayTracingEnabled != nil && *st.inputs.XRayTracingEnabled,
		limiters: map[*method]*rate.Limiter{}, answers: &answers{kept: map[[2]string]*authorizerAnswer{}},
	}
	if st.live != nil && st.live.deploymentID == d.id {
		live.answers = st.live.answers
	}
	for _, m := range d.definition.methods {
		live.limiters[m] = st.settingsOf(m).limiter()
		if st.live != nil {
			live.limiters[m] = keepBucket(st.live.limiters[m], live.limiters[m])
		}
	}
	live.log = s.accessLogOf(st)
	st.live = live
}

// logDelay is the time from the first line of a batch to its delivery.
const logDelay = time.Second

type accessLog struct {
	service  *Service
	settings AccessLogSettings
	format   *template
	stream   string
	buffer   *logs.Buffer[logs.Event]
}

// accessLogOf starts a log with the stage's settings, after the one that it has.
func (s *Service) accessLogOf(st *stage) *accessLog {
	if st.live != nil {
		st.live.log.close()
	}
	set := st.inputs.AccessLogSettings
	if set == nil {
		return nil
	}
	format, err := parseTemplate(set.Format, true)
	if err != nil {
		return nil // checked before: see StageArgs.check
	}
	l := &accessLog{service: s, settings: *set, format: format, stream: newID(32)}
	l.buffer = logs.NewBuffer(s.account.Clock, logDelay, l.deliver)
	return l
}

// add records a request. A nil log ignores it.
func (l *accessLog) add(x *exchange) {
	if l != nil {
		l.buffer.Add(logs.Event{Time: x.start, Message: strings.TrimSuffix(l.format.render(x, "-"), "\n")})
	}
}

// close writes the waiting lines. Later lines are ignored.
func (l *accessLog) close() {
	if l != nil {
		l.buffer.Close()
	}
}

func (l *accessLog) deliver(events []logs.Event) {
	if err := l.write(events); err != nil {
		l.service.account.Log.Warn("writing the access log of an API failed", "group", l.settings.group(), "lines", len(events), "error", err)
	}
}

func (l *accessLog) write(events []logs.Event) error {
	role := l.service.logRole.Load()
	if role == nil {
		return errNoLogRole
	}
	p, end, err := l.service.assume(*role)
	if err != nil {
		return err
	}
	defer end()
	return l.service.Logs.Put(context.Background(), p, l.settings.group(), l.stream, events)
}

// group is the name in the ARN of a log group, arn:aws:logs:REGION:ACCOUNT:log-group:NAME, with or without :* at its end.
func (s AccessLogSettings) group() string {
	_, name, _ := strings.Cut(strings.TrimSuffix(s.DestinationARN, ":*"), ":log-group:")
	return name
}

// setLogRole sets the role of all access logs, which API Gateway must be able to assume. Nil or an empty ARN removes it.
func (s *Service) setLogRole(role *string) error {
	if role == nil || *role == "" {
		s.logRole.Store(nil)
		return nil
	}
	_, end, err := s.assume(*role)
	if err != nil {
		return badRequest("The role ARN does not have required permissions configured")
	}
	end()
	s.logRole.Store(role)
	return nil
}
