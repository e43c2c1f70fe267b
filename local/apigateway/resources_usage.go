package apigateway

import (
	"context"
	"math"
	"strconv"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"github.com/order-patterns/order-patterns/local/provider"
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

func (in *UsagePlanArgs) check(c *provider.Checker) {
	if t := in.Throttle; t != nil {
		if t.BurstLimit == nil && t.RateLimit == nil && !c.Unknown("throttleSettings") {
			c.Failf("throttleSettings", "must have burstLimit or rateLimit")
		}
		// The limits of the stage and of the account apply in any case, so there is no maximum.
		c.Range("throttleSettings.burstLimit", t.BurstLimit, 0, math.MaxInt32)
		if v := t.RateLimit; v != nil && (*v < 0 || math.IsNaN(*v) || math.IsInf(*v, 0)) {
			c.Failf("throttleSettings.rateLimit", "must be a number from 0, got %v", *v)
		}
	}
	if q := in.Quota; q != nil {
		c.Range("quotaSettings.limit", &q.Limit, 0, math.MaxInt32)
		c.OneOf("quotaSettings.period", &q.Period, "DAY", "WEEK", "MONTH")
	}
	seen := map[PlanStage]bool{}
	for i, st := range in.APIStages {
		at := "apiStages[" + strconv.Itoa(i) + "]"
		if c.Unknown(at) {
			continue
		}
		if seen[st] {
			c.Failf(at, "is the stage %s:%s again", st.APIID, st.Stage)
		}
		seen[st] = true
	}
}

func (s *Service) usagePlanKind() provider.Kind {
	return &provider.Object[UsagePlanArgs, usagePlan]{
		Type:     "aws:apigateway/usagePlan:UsagePlan",
		AutoName: &provider.AutoName{Property: "name", Max: 255},
		Lock:     &s.mu,
		Check:    func(c *provider.Checker, in *UsagePlanArgs) { in.check(c) },
		Find:     s.plan,
		State: func(p *usagePlan) *UsagePlanArgs {
			state := p.inputs
			state.ARN = arn("/usageplans/" + p.id)
			return &state
		},
		Create: func(_ context.Context, in *UsagePlanArgs) (string, error) {
			p := &usagePlan{id: newID(6), keys: map[string]*apiKey{}, limiters: map[string]*rate.Limiter{}}
			if err := s.setPlan(p, in); err != nil {
				return "", err
			}
			s.plans[p.id] = p
			return p.id, nil
		},
		Update: func(_ context.Context, p *usagePlan, in *UsagePlanArgs) error { return s.setPlan(p, in) },
		// DeleteUsagePlan refuses a plan with stages, so the AWS provider removes them before.
		Delete: func(_ context.Context, p *usagePlan) error {
			for _, k := range p.keys {
				p.leave(k)
			}
			delete(s.plans, p.id)
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
	for _, k := range sorted(p.keys) {
		if err := k.fits(p, in.APIStages); err != nil {
			return err
		}
	}
	p.set(in)
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
		Check:    func(c *provider.Checker, in *APIKeyArgs) { checkName(c, in.Name) },
		Find:     s.key,
		State: func(k *apiKey) *APIKeyArgs {
			state := k.inputs
			state.Enabled, state.ARN, state.Value = new(k.enabled()), arn("/apikeys/"+k.id), k.value
			state.CreatedDate, state.LastUpdatedDate = k.created.Format(time.RFC3339), k.updated.Format(time.RFC3339)
			return &state
		},
		Create: func(_ context.Context, in *APIKeyArgs) (string, error) {
			now := s.account.Clock.Now().UTC()
			k := &apiKey{id: newID(10), inputs: *in, value: newID(40), created: now, updated: now, plans: map[string]*usagePlan{}}
			s.keys[k.id], s.keyValues[k.value] = k, k
			return k.id, nil
		},
		Update: func(_ context.Context, k *apiKey, in *APIKeyArgs) error {
			k.inputs, k.updated = *in, s.account.Clock.Now().UTC()
			return nil
		},
		Delete: func(_ context.Context, k *apiKey) error {
			for _, p := range k.plans {
				p.leave(k)
			}
			delete(s.keyValues, k.value)
			delete(s.keys, k.id)
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

type planKey struct {
	plan *usagePlan
	key  *apiKey
}

func (s *Service) usagePlanKeyKind() provider.Kind {
	return &provider.Object[UsagePlanKeyArgs, planKey]{
		Type:  "aws:apigateway/usagePlanKey:UsagePlanKey",
		Lock:  &s.mu,
		Check: func(c *provider.Checker, in *UsagePlanKeyArgs) { c.OneOf("keyType", &in.KeyType, apiKeyType) },
		// The AWS provider's id is that of the key, which several plans can have. Here it is PLAN/KEY, which that provider
		// imports by.
		Find: func(id string) (*planKey, error) {
			planID, keyID, _ := strings.Cut(id, "/")
			p, err := s.plan(planID)
			if err != nil {
				return nil, err
			}
			k := p.keys[keyID]
			if k == nil {
				return nil, notFound("Invalid Usage Plan Key identifier specified")
			}
			return &planKey{p, k}, nil
		},
		State: func(pk *planKey) *UsagePlanKeyArgs {
			return &UsagePlanKeyArgs{pk.key.id, apiKeyType, pk.plan.id, *pk.key.inputs.Name, pk.key.value}
		},
		Create: func(_ context.Context, in *UsagePlanKeyArgs) (string, error) {
			p, err := s.plan(in.UsagePlanID)
			if err != nil {
				return "", err
			}
			k, err := s.key(in.KeyID)
			if err != nil {
				return "", err
			}
			return in.UsagePlanID + "/" + in.KeyID, p.join(k)
		},
		Delete: func(_ context.Context, pk *planKey) error {
			pk.plan.leave(pk.key)
			return nil
		},
	}
}
