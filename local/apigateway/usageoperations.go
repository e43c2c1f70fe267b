package apigateway

import (
	"github.com/order-patterns/order-patterns/local/wire"
)

// usageOperations are the calls with which a person looks at usage plans and API keys.
func (s *Service) usageOperations() {
	wire.HandleREST(&s.rest, "GET /usageplans", "GetUsagePlans", s.getUsagePlans)
	wire.HandleREST(&s.rest, "GET /usageplans/{plan}", "GetUsagePlan", s.ofPlan(getUsagePlan))
	wire.HandleREST(&s.rest, "GET /usageplans/{plan}/keys", "GetUsagePlanKeys", s.ofPlan(getUsagePlanKeys))
	wire.HandleREST(&s.rest, "GET /usageplans/{plan}/keys/{key}", "GetUsagePlanKey", s.ofPlan(getUsagePlanKey))
	wire.HandleREST(&s.rest, "GET /apikeys", "GetApiKeys", s.getAPIKeys)
	wire.HandleREST(&s.rest, "GET /apikeys/{key}", "GetApiKey", s.getAPIKey)
}

func (s *Service) ofPlan(f func(*wire.Call, *usagePlan) (object, error)) func(*wire.Call) (*object, error) {
	return func(c *wire.Call) (*object, error) {
		if err := authorize(c); err != nil {
			return nil, err
		}
		s.mu.RLock()
		defer s.mu.RUnlock()
		p, err := s.plan(c.PathValue("plan"))
		if err != nil {
			return nil, err
		}
		out, err := f(c, p)
		return &out, err
	}
}

func (t *PlanThrottle) output() object {
	perSecond, burst := t.values()
	return object{"rateLimit": perSecond, "burstLimit": burst}
}

func (p *usagePlan) output() object {
	stages := []object{}
	for _, st := range p.inputs.APIStages {
		stage := object{"apiId": st.APIID, "stage": st.Stage}
		if len(st.Throttles) > 0 {
			throttle := object{}
			for _, t := range st.Throttles {
				throttle[t.Path] = t.output()
			}
			stage["throttle"] = throttle
		}
		stages = append(stages, stage)
	}
	out := object{"id": p.id, "name": *p.inputs.Name, "description": p.inputs.Description, "apiStages": stages, "tags": p.inputs.Tags}
	if t := p.inputs.ThrottleSettings; t != nil {
		out["throttle"] = t.output()
	}
	if q := p.quota; q != nil {
		out["quota"] = object{"limit": q.limit, "offset": q.offset, "period": q.period}
	}
	return out
}

// output is the key, with its value only for those who ask for it.
func (k *apiKey) output(withValue bool) object {
	out := object{
		"id": k.id, "name": *k.inputs.Name, "description": k.inputs.Description, "enabled": k.enabled(),
		"createdDate": k.created.Unix(), "lastUpdatedDate": k.updated.Unix(), "tags": k.inputs.Tags,
	}
	if withValue {
		out["value"] = k.value
	}
	return out
}

func (k *apiKey) planOutput() object {
	return object{"id": k.id, "type": apiKeyType, "name": *k.inputs.Name, "value": k.value}
}

// getUsagePlans lists all plans, or those that a key is in.
func (s *Service) getUsagePlans(c *wire.Call) (*object, error) {
	if err := authorize(c, "keyId"); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	plans := s.plans
	if id := c.URL.Query().Get("keyId"); id != "" {
		k, err := s.key(id)
		if err != nil {
			return nil, err
		}
		plans = k.plans
	}
	out := list(plans, (*usagePlan).output)
	return &out, nil
}

func getUsagePlan(_ *wire.Call, p *usagePlan) (object, error) { return p.output(), nil }

func getUsagePlanKeys(_ *wire.Call, p *usagePlan) (object, error) {
	return list(p.keys, (*apiKey).planOutput), nil
}

func getUsagePlanKey(c *wire.Call, p *usagePlan) (object, error) {
	k := p.keys[c.PathValue("key")]
	if k == nil {
		return nil, notFound("Invalid Usage Plan Key identifier specified")
	}
	return k.planOutput(), nil
}

func (s *Service) getAPIKeys(c *wire.Call) (*object, error) {
	if err := authorize(c, "includeValues"); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	withValues := c.URL.Query().Get("includeValues") == "true"
	out := list(s.keys, func(k *apiKey) object { return k.output(withValues) })
	return &out, nil
}

func (s *Service) getAPIKey(c *wire.Call) (*object, error) {
	if err := authorize(c, "includeValue"); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	k, err := s.key(c.PathValue("key"))
	if err != nil {
		return nil, err
	}
	out := k.output(c.URL.Query().Get("includeValue") == "true")
	return &out, nil
}
