package apigateway

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"golang.org/x/time/rate"

	"github.com/order-patterns/order-patterns/local/provider"
	"github.com/order-patterns/order-patterns/local/wire"
)

// UsagePlanArgs are the inputs of aws:apigateway/usagePlan:UsagePlan.
type UsagePlanArgs struct {
	Name      *string           `pulumi:"name,optional"`
	APIStages []PlanStage       `pulumi:"apiStages,optional"`
	Throttle  *PlanThrottle     `pulumi:"throttleSettings,optional"`
	Quota     *QuotaSettings    `pulumi:"quotaSettings,optional"`
	Tags      map[string]string `pulumi:"tags,optional"`
	ARN       string            `pulumi:"arn,output"`
}

// PlanStage is a stage that the plan gives access to.
type PlanStage struct {
	APIID string `pulumi:"apiId"`
	Stage string `pulumi:"stage"`
}

// PlanThrottle is a token bucket. As with the AWS provider, an absent value is 0: without BurstLimit the bucket holds
// no tokens, and without RateLimit it is not refilled.
type PlanThrottle struct {
	BurstLimit *int     `pulumi:"burstLimit,optional"` // requests
	RateLimit  *float64 `pulumi:"rateLimit,optional"`  // requests per second
}

// QuotaSettings limit the requests of a key in a period. They are recorded: nothing is counted.
type QuotaSettings struct {
	Limit  int    `pulumi:"limit"`  // requests
	Period string `pulumi:"period"` // DAY, WEEK or MONTH
}

func (s *Service) usagePlanKind() provider.Kind {
	return &provider.Object[UsagePlanArgs, usagePlan]{
		Type:     "aws:apigateway/usagePlan:UsagePlan",
		AutoName: &provider.AutoName{Property: "name", Max: 255},
		Lock:     &s.mu,
		Find:     s.plan,
		State: func(p *usagePlan) *UsagePlanArgs {
			state := p.inputs
			state.ARN = arn("/usageplans/" + p.id)
			return &state
		},
		Create: func(_ context.Context, in *UsagePlanArgs) (string, error) {
			p := &usagePlan{id: newID(6)}
			if err := s.setPlan(p, in); err != nil {
				return "", err
			}
			s.plans[p.id] = p
			return p.id, nil
		},
		Update: func(_ context.Context, p *usagePlan, in *UsagePlanArgs) error { return s.setPlan(p, in) },
		// DeleteUsagePlan refuses a plan with stages, so the AWS provider removes them before.
		Delete: func(_ context.Context, p *usagePlan) error {
			delete(s.plans, p.id)
			maps.DeleteFunc(s.members, func(_ string, m *member) bool { return m.plan == p })
			return nil
		},
	}
}

// setPlan applies the inputs to a plan. The caller holds the lock.
func (s *Service) setPlan(p *usagePlan, in *UsagePlanArgs) error {
	for _, st := range in.APIStages {
		if a := s.apis[st.APIID]; a == nil || a.stages[st.Stage] == nil {
			return notFound("API Stage not found: %s:%s", st.APIID, st.Stage)
		}
	}
	p.inputs = *in
	for _, m := range s.members {
		if m.plan == p {
			m.limiter = keepBucket(m.limiter, p.newLimiter())
		}
	}
	return nil
}

// APIKeyArgs are the inputs of aws:apigateway/apiKey:ApiKey. The value of a key is made here.
type APIKeyArgs struct {
	Name            *string           `pulumi:"name,optional,replace"`
	Description     *string           `pulumi:"description,optional"`
	Enabled         *bool             `pulumi:"enabled,optional"` // default true
	Tags            map[string]string `pulumi:"tags,optional"`
	ARN             string            `pulumi:"arn,output"`
	CreatedDate     string            `pulumi:"createdDate,output"`
	LastUpdatedDate string            `pulumi:"lastUpdatedDate,output"`
	Value           string            `pulumi:"value,output"` // the SDK of the AWS provider marks it as a secret
}

func (s *Service) apiKeyKind() provider.Kind {
	return &provider.Object[APIKeyArgs, apiKey]{
		Type:     "aws:apigateway/apiKey:ApiKey",
		AutoName: &provider.AutoName{Property: "name", Max: 255},
		Lock:     &s.mu,
		Find:     s.key,
		State: func(k *apiKey) *APIKeyArgs {
			state := k.inputs
			state.Enabled, state.ARN, state.Value = new(k.enabled()), arn("/apikeys/"+k.id), k.value
			state.CreatedDate, state.LastUpdatedDate = k.created.Format(time.RFC3339), k.updated.Format(time.RFC3339)
			return &state
		},
		Create: func(_ context.Context, in *APIKeyArgs) (string, error) {
			now := s.account.Clock.Now().UTC()
			k := &apiKey{id: newID(10), inputs: *in, value: newID(40), created: now, updated: now}
			s.keys[k.id] = k
			return k.id, nil
		},
		Update: func(_ context.Context, k *apiKey, in *APIKeyArgs) error {
			k.inputs, k.updated = *in, s.account.Clock.Now().UTC()
			return nil
		},
		Delete: func(_ context.Context, k *apiKey) error {
			delete(s.keys, k.id)
			maps.DeleteFunc(s.members, func(_ string, m *member) bool { return m.key == k })
			return nil
		},
	}
}

// UsagePlanKeyArgs are the inputs of aws:apigateway/usagePlanKey:UsagePlanKey, an API key in a usage plan.
type UsagePlanKeyArgs struct {
	KeyID       string `pulumi:"keyId,replace"`
	KeyType     string `pulumi:"keyType,replace"` // API_KEY
	UsagePlanID string `pulumi:"usagePlanId,replace"`
	Name        string `pulumi:"name,output"`
	Value       string `pulumi:"value,output"`
}

const apiKeyType = "API_KEY"

func (s *Service) usagePlanKeyKind() provider.Kind {
	return &provider.Object[UsagePlanKeyArgs, member]{
		Type:  "aws:apigateway/usagePlanKey:UsagePlanKey",
		Lock:  &s.mu,
		Check: func(c *provider.Checker, in *UsagePlanKeyArgs) { c.OneOf("keyType", &in.KeyType, apiKeyType) },
		// The AWS provider's id is that of the key, which several plans can have. Here it is PLAN/KEY, which that provider
		// imports by.
		Find: func(id string) (*member, error) {
			return wire.Found(s.members[id], notFound("Invalid Usage Plan Key identifier specified"))
		},
		State: func(m *member) *UsagePlanKeyArgs {
			return &UsagePlanKeyArgs{m.key.id, apiKeyType, m.plan.id, *m.key.inputs.Name, m.key.value}
		},
		Create: func(_ context.Context, in *UsagePlanKeyArgs) (string, error) {
			p, err1 := s.plan(in.UsagePlanID)
			k, err2 := s.key(in.KeyID)
			if err := cmp.Or(err1, err2); err != nil {
				return "", err
			}
			id := p.id + "/" + k.id
			s.members[id] = &member{p, k, p.newLimiter()}
			return id, nil
		},
		Delete: func(_ context.Context, gone *member) error {
			delete(s.members, gone.plan.id+"/"+gone.key.id)
			return nil
		},
	}
}

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
