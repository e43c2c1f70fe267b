package apigateway

import (
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"golang.org/x/time/rate"
)

// apiKey identifies a client by a value that it sends in the header x-api-key.
type apiKey struct {
	id      string
	inputs  APIKeyArgs
	value   string
	created time.Time
	updated time.Time
	plans   map[string]*usagePlan // that it belongs to, by id
}

func (k *apiKey) enabled() bool { return k.inputs.Enabled == nil || *k.inputs.Enabled }

// usagePlan gives API keys access to stages. The rate and the quota are those of each key, over all stages of the plan:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html
type usagePlan struct {
	id      string
	inputs  UsagePlanArgs
	keys    map[string]*apiKey
	clients map[string]*client // by id of the key
}

type client struct {
	limiter *rate.Limiter // nil where the plan sets no rate
	usage   *usage
}

func (t *PlanThrottle) values() (perSecond float64, burst int) {
	return aws.ToFloat64(t.RateLimit), aws.ToInt(t.BurstLimit)
}

func (p *usagePlan) covers(apiID, stage string) bool {
	return slices.Contains(p.inputs.APIStages, PlanStage{apiID, stage})
}

// set changes the plan's settings. The usage of its keys stays, unless the quota has another period.
func (p *usagePlan) set(in *UsagePlanArgs) {
	was := p.inputs.Quota
	p.inputs = *in
	for _, c := range p.clients {
		c.limiter = keepBucket(c.limiter, p.newLimiter())
		if was != nil && in.Quota != nil && was.Period != in.Quota.Period {
			c.usage = &usage{}
		}
	}
}

func (p *usagePlan) newLimiter() *rate.Limiter {
	if p.inputs.Throttle == nil {
		return nil
	}
	perSecond, burst := p.inputs.Throttle.values()
	return rate.NewLimiter(rate.Limit(perSecond), burst)
}

// fits refuses a second plan for the same stage, because a key's request would count for either.
func (k *apiKey) fits(p *usagePlan, stages []PlanStage) error {
	for id, other := range sorted(k.plans) {
		for _, st := range stages {
			if other != p && other.covers(st.APIID, st.Stage) {
				return conflict("API Key %s is in Usage Plan %s already for the API Stage %s:%s", k.id, id, st.APIID, st.Stage)
			}
		}
	}
	return nil
}

func (p *usagePlan) join(k *apiKey) error {
	if p.keys[k.id] != nil {
		return conflict("API Key %s is in Usage Plan %s already", k.id, p.id)
	}
	if err := k.fits(p, p.inputs.APIStages); err != nil {
		return err
	}
	p.keys[k.id], p.clients[k.id] = k, &client{limiter: p.newLimiter(), usage: &usage{}}
	k.plans[p.id] = p
	return nil
}

func (p *usagePlan) leave(k *apiKey) {
	delete(p.keys, k.id)
	delete(p.clients, k.id)
	delete(k.plans, p.id)
}

// forget removes deleted stages from all plans. The caller holds the lock.
func (s *Service) forget(gone func(PlanStage) bool) {
	for _, p := range s.plans {
		p.inputs.APIStages = slices.DeleteFunc(slices.Clone(p.inputs.APIStages), gone)
	}
}

// QuotaSettings limit the requests of a key in a period of the calendar, in UTC.
type QuotaSettings struct {
	Limit  int    `pulumi:"limit"`  // requests
	Period string `pulumi:"period"` // DAY, WEEK or MONTH
}

// begin returns the start of the period that a time is in. Weeks begin on Sunday.
func (q *QuotaSettings) begin(t time.Time) time.Time {
	year, month, day := t.UTC().Date()
	switch q.Period {
	case "WEEK":
		day -= int(t.UTC().Weekday())
	case "MONTH":
		day = 1
	}
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

type usage struct {
	mu    sync.Mutex
	begin time.Time
	used  int
}

// take counts one request, unless the quota is used up. A nil quota is unlimited.
func (u *usage) take(q *QuotaSettings, now time.Time) bool {
	if q == nil {
		return true
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	// A request that arrived just before the end of a period may be counted just after it. It does not restore the old
	// period.
	if begin := q.begin(now); begin.After(u.begin) {
		u.begin, u.used = begin, 0
	}
	if u.used >= q.Limit {
		return false
	}
	u.used++
	return true
}

// admit checks the limits of a request, in AWS's order: those of the client, those of the method, the account's:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html
func (x *exchange) admit() *failure {
	if x.method.keyRequired {
		if failed := x.meter(); failed != nil {
			return failed
		}
	}
	if l := x.live.limiters[x.method]; l != nil && !l.AllowN(x.start, 1) || !x.service.limiter.AllowN(x.start, 1) {
		return failThrottled
	}
	return nil
}

// meter finds the client by its key, and the usage plan of the key for this stage, and counts the request there. AWS
// does so only for methods that require a key. For others "the throttle and quota limits of the usage plan are
// bypassed", even if a client sends a key:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-usage-plan-test-with-postman.html
//
// Throttled requests do not count for the quota, and a client over its quota uses nothing of the limits that all clients
// share.
func (x *exchange) meter() *failure {
	s := x.service
	s.mu.RLock()
	defer s.mu.RUnlock()
	key := s.keyValues[x.request.Header.Get(keyHeader)]
	if key == nil || !key.enabled() {
		return failKey
	}
	for _, plan := range key.plans {
		if !plan.covers(x.apiID, x.stageName) {
			continue
		}
		x.apiKey, x.apiKeyID = key.value, key.id
		c := plan.clients[key.id]
		switch {
		case c.limiter != nil && !c.limiter.AllowN(x.start, 1):
			return failThrottled
		case !c.usage.take(plan.inputs.Quota, x.start):
			return failQuota
		}
		return nil
	}
	return failKey
}
