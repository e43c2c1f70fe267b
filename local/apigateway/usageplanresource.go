package apigateway

import (
	"context"
	"slices"

	"github.com/order-patterns/order-patterns/local/provider"
)

// plan returns a usage plan or the error that AWS gives. The caller holds the lock.
func (s *Service) plan(id string) (*usagePlan, error) {
	if p := s.plans[id]; p != nil {
		return p, nil
	}
	return nil, notFound("Invalid Usage Plan ID specified")
}

// setPlan checks what only the whole account can tell, and gives the plan its settings. The caller holds the lock.
func (s *Service) setPlan(p *usagePlan, in *UsagePlanArgs) error {
	for _, st := range in.APIStages {
		a := s.apis[st.APIID]
		if a == nil || a.stages[st.Stage] == nil {
			return notFound("API Stage not found: %s:%s", st.APIID, st.Stage)
		}
		methods := a.stages[st.Stage].live.definition.methods
		for _, t := range st.Throttles {
			if !slices.ContainsFunc(methods, func(m *method) bool { return "/"+m.key() == t.Path }) {
				return notFound("Invalid Method identifier specified: %s:%s has no %s", st.APIID, st.Stage, t.Path)
			}
		}
	}
	for _, k := range byID(p.keys) {
		if err := k.fits(p, in.APIStages); err != nil {
			return err
		}
	}
	p.set(in, s.account.Clock.Now())
	return nil
}

// fits refuses a second plan for the same stage: a key's request would count for either.
func (k *apiKey) fits(p *usagePlan, stages []PlanStage) error {
	for _, other := range byID(k.plans) {
		for _, st := range stages {
			if other != p && other.covers(st.APIID, st.Stage) {
				return conflict("API Key %s is in Usage Plan %s already for the API Stage %s:%s", k.id, other.id, st.APIID, st.Stage)
			}
		}
	}
	return nil
}

func (s *Service) usagePlanKind() provider.Kind {
	return &provider.Resource[UsagePlanArgs, usagePlanState]{
		Type:     "aws:apigateway/usagePlan:UsagePlan",
		AutoName: &provider.AutoName{Property: "name", Max: 255},
		Check:    func(c *provider.Checker, in *UsagePlanArgs) { in.check(c) },
		Create: func(_ context.Context, in *UsagePlanArgs) (string, *usagePlanState, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			if len(s.plans) == maxPlans {
				return "", nil, limitExceeded("Maximum number of usage plans for this account has been reached")
			}
			p := &usagePlan{id: newID(6), keys: map[string]*apiKey{}, clients: map[string]*client{}}
			if err := s.setPlan(p, in); err != nil {
				return "", nil, err
			}
			s.plans[p.id] = p
			return p.id, p.state(), nil
		},
		Read: func(_ context.Context, id string) (*usagePlanState, error) {
			s.mu.RLock()
			defer s.mu.RUnlock()
			if p := s.plans[id]; p != nil {
				return p.state(), nil
			}
			return nil, nil
		},
		Update: func(_ context.Context, id string, in *UsagePlanArgs) (*usagePlanState, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			p, err := s.plan(id)
			if err != nil {
				return nil, err
			}
			if err := s.setPlan(p, in); err != nil {
				return nil, err
			}
			return p.state(), nil
		},
		// DeleteUsagePlan refuses a plan that has stages, and the AWS provider takes them out of it first: together,
		// there is nothing that they refuse.
		Delete: func(_ context.Context, id string) error {
			s.mu.Lock()
			defer s.mu.Unlock()
			if p := s.plans[id]; p != nil {
				for _, k := range byID(p.keys) {
					p.leave(k)
				}
				delete(s.plans, id)
			}
			return nil
		},
	}
}
