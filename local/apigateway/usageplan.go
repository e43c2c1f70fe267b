package apigateway

import (
	"slices"
	"time"

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

// client is the rate and the usage of one key in a plan.
type client struct {
	limiter *rate.Limiter // nil where the plan sets no rate
	usage   *usage
}

func (t *PlanThrottle) values() (perSecond float64, burst int) {
	if t.RateLimit != nil {
		perSecond = *t.RateLimit
	}
	if t.BurstLimit != nil {
		burst = *t.BurstLimit
	}
	return perSecond, burst
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

// join adds a key to the plan.
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
