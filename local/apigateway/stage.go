package apigateway

import (
	"cmp"
	"strings"
	"time"

	"golang.org/x/time/rate"
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
	log          *accessLog                // nil for none
	limiters     map[*method]*rate.Limiter // nil where only the account's limit applies
	// answers belong to one deployment: another one starts without.
	answers *answers
}

// settingsOf returns the settings of a method, or those of all methods; nil if there are neither. The path of a method is PATH/VERB,
// where ~1 is a slash of the path. One at its beginning may be left out:
// https://docs.aws.amazon.com/apigateway/api-reference/link-relation/stage-update/
func (st *stage) settingsOf(m *method) *Settings {
	path := strings.ReplaceAll(m.resource.path, "/", "~1") + "/" + m.verb
	return cmp.Or(st.settings[path], st.settings[strings.TrimPrefix(path, "~1")], st.settings[allMethods])
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
	if set := st.inputs.AccessLogSettings; set != nil {
		live.log = s.newAccessLog(set)
	}
	st.live = live
}
