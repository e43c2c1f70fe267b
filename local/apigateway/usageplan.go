package apigateway

import (
	"slices"
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

// usagePlan gives API keys access to stages. The rate is that of each key, over all stages of the plan. A quota is recorded:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html
type usagePlan struct {
	id       string
	inputs   UsagePlanArgs
	keys     map[string]*apiKey
	limiters map[string]*rate.Limiter // by id of the key; nil where the plan sets no rate
}

func (t *PlanThrottle) values() (perSecond float64, burst int) {
	return aws.ToFloat64(t.RateLimit), aws.ToInt(t.BurstLimit)
}

func (p *usagePlan) covers(apiID, stage string) bool {
	return slices.Contains(p.inputs.APIStages, PlanStage{apiID, stage})
}

func (p *usagePlan) set(in *UsagePlanArgs) {
	p.inputs = *in
	for id, limiter := range p.limiters {
		p.limiters[id] = keepBucket(limiter, p.newLimiter())
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
	p.keys[k.id], p.limiters[k.id] = k, p.newLimiter()
	k.plans[p.id] = p
	return nil
}

func (p *usagePlan) leave(k *apiKey) {
	delete(p.keys, k.id)
	delete(p.limiters, k.id)
	delete(k.plans, p.id)
}

// forget removes deleted stages from all plans. The caller holds the lock.
func (s *Service) forget(gone func(PlanStage) bool) {
	for _, p := range s.plans {
		p.inputs.APIStages = slices.DeleteFunc(slices.Clone(p.inputs.APIStages), gone)
	}
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
// A client over its limit uses nothing of the limits that all clients share.
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
		if l := plan.limiters[key.id]; l != nil && !l.AllowN(x.start, 1) {
			return failThrottled
		}
		return nil
	}
	return failKey
}
