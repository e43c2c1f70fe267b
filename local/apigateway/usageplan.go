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
}

func (k *apiKey) enabled() bool { return k.inputs.Enabled == nil || *k.inputs.Enabled }

// usagePlan gives API keys access to stages. The rate is that of each key, over all stages of the plan. A quota is recorded:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html
type usagePlan struct {
	id     string
	inputs UsagePlanArgs
}

// member is an API key in a usage plan.
type member struct {
	plan    *usagePlan
	key     *apiKey
	limiter *rate.Limiter // nil where the plan sets no rate
}

func (t *PlanThrottle) values() (perSecond float64, burst int) {
	return aws.ToFloat64(t.RateLimit), aws.ToInt(t.BurstLimit)
}

func (p *usagePlan) newLimiter() *rate.Limiter {
	if p.inputs.Throttle == nil {
		return nil
	}
	perSecond, burst := p.inputs.Throttle.values()
	return rate.NewLimiter(rate.Limit(perSecond), burst)
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
	value, stage := x.request.Header.Get(keyHeader), PlanStage{x.apiID, x.stageName}
	for _, m := range s.members {
		if m.key.value != value || !m.key.enabled() || !slices.Contains(m.plan.inputs.APIStages, stage) {
			continue
		}
		x.apiKey, x.apiKeyID = m.key.value, m.key.id
		if m.limiter != nil && !m.limiter.AllowN(x.start, 1) {
			return failThrottled
		}
		return nil
	}
	return failKey
}
