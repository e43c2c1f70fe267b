package apigateway

import (
	"strings"
	"time"

	"golang.org/x/time/rate"
)

// stage is a name under which a deployment is served, with its settings.
type stage struct {
	inputs   StageArgs
	created  time.Time
	updated  time.Time
	settings map[string]Settings // by method path: "*/*", "order/POST"
	live     *liveStage
}

// liveStage is all that serving a request needs. It never changes: each change of a stage makes a new one, but for
// the limiters and the log that go on.
type liveStage struct {
	*definition
	deploymentID string
	variables    map[string]string
	tracing      bool
	traceName    string
	log          *accessLog
	methods      map[*method]*methodState
}

type methodState struct {
	limiter  *rate.Limiter // nil where only the account's limit holds
	logLevel string
}

const (
	allMethods = "*/*"
	noLimit    = -1
)

// settingsOf are the settings of a method: of its own, else of the stage.
func (st *stage) settingsOf(m *method) Settings {
	if set, ok := st.settings[m.key()]; ok {
		return set
	}
	return st.settings[allMethods]
}

// limiter is a token bucket for one method; nil if the settings leave its limits to the account.
func (set Settings) limiter() *rate.Limiter {
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

// refresh makes what serves requests from what the stage is set to. The caller holds the service's lock.
func (s *Service) refresh(api *restAPI, st *stage) {
	d := api.deployments[st.inputs.Deployment]
	live := &liveStage{
		definition: d.definition, deploymentID: d.id, variables: st.inputs.Variables,
		traceName: *api.inputs.Name + "/" + st.inputs.StageName,
		tracing:   st.inputs.XRayTracingEnabled != nil && *st.inputs.XRayTracingEnabled,
		methods:   map[*method]*methodState{},
	}
	for _, m := range d.definition.methods {
		set := st.settingsOf(m)
		state := &methodState{limiter: set.limiter()}
		if set.LoggingLevel != nil {
			state.logLevel = *set.LoggingLevel
		}
		// A change elsewhere must not refill the bucket.
		if st.live != nil {
			if old := st.live.methods[m]; old != nil {
				state.limiter = keepBucket(old.limiter, state.limiter)
			}
		}
		live.methods[m] = state
	}
	live.log = s.accessLogOf(st)
	st.live = live
}

// accessLogOf keeps the stage's log if its settings are the same, else ends it and begins another.
func (s *Service) accessLogOf(st *stage) *accessLog {
	var old *accessLog
	if st.live != nil {
		old = st.live.log
	}
	set := st.inputs.AccessLogSettings
	if old != nil && set != nil && old.settings == *set {
		return old
	}
	old.close()
	if set == nil {
		return nil
	}
	format, err := parseTemplate(set.Format, true)
	if err != nil {
		return nil // checked before: see StageArgs.check
	}
	return newAccessLog(s, *set, format)
}

// key is the method's path in method settings.
func (m *method) key() string { return strings.TrimPrefix(m.resource.path, "/") + "/" + m.verb }
