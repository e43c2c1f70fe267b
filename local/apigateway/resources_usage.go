package apigateway

import (
	"cmp"
	"context"
	"maps"
	"time"

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
			s.leave(func(m *member) bool { return m.plan == p })
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

// leave ends memberships. The caller holds the lock.
func (s *Service) leave(gone func(*member) bool) {
	maps.DeleteFunc(s.members, func(_ string, m *member) bool { return gone(m) })
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
			s.leave(func(m *member) bool { return m.key == k })
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
			s.leave(func(m *member) bool { return m == gone })
			return nil
		},
	}
}
