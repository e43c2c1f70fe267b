package apigateway

import "github.com/order-patterns/order-patterns/local/wire"

type object = wire.Object

// operations are the calls with which a person looks at APIs, usage plans and API keys:
// https://docs.aws.amazon.com/apigateway/latest/api/API_Operations.html
func (s *Service) operations() {
	api := func(c *wire.Call) (*restAPI, error) { return s.api(c.PathValue("api")) }
	plan := func(c *wire.Call) (*usagePlan, error) { return s.plan(c.PathValue("plan")) }
	s.get("/restapis", "GetRestApis", func(*wire.Call) (object, error) { return list(s.apis, (*restAPI).output), nil })
	s.get("/restapis/{api}", "GetRestApi", of(api, (*restAPI).output))
	s.get("/restapis/{api}/stages", "GetStages", of(api, func(a *restAPI) object { return list(a.stages, (*stage).output) }))
	s.get("/restapis/{api}/stages/{stage}", "GetStage", of(s.stageOf, (*stage).output))
	s.get("/restapis/{api}/deployments", "GetDeployments", of(api, func(a *restAPI) object { return list(a.deployments, (*deployment).output) }))
	s.get("/account", "GetAccount", s.getAccount)
	s.get("/usageplans", "GetUsagePlans", func(*wire.Call) (object, error) { return list(s.plans, (*usagePlan).output), nil })
	s.get("/usageplans/{plan}", "GetUsagePlan", of(plan, (*usagePlan).output))
	s.get("/usageplans/{plan}/keys", "GetUsagePlanKeys", of(plan, s.membersOf))
	s.get("/apikeys", "GetApiKeys", func(c *wire.Call) (object, error) {
		return list(s.keys, func(k *apiKey) object { return k.output(c, "includeValues") }), nil
	}, "includeValues")
	s.get("/apikeys/{key}", "GetApiKey", func(c *wire.Call) (object, error) {
		k, err := s.key(c.PathValue("key"))
		if err != nil {
			return nil, err
		}
		return k.output(c, "includeValue"), nil
	}, "includeValue")
}

// get adds an operation that reads, with the parameters that it supports in the query string.
func (s *Service) get(path, name string, read func(*wire.Call) (object, error), parameters ...string) {
	wire.HandleREST(&s.REST, "GET "+path, name, func(c *wire.Call) (object, error) {
		// One action is for everything that reads, on the path.
		if err := c.Authorize("apigateway:GET", arn(c.URL.Path)); err != nil {
			return nil, err
		}
		if err := c.Only(parameters...); err != nil {
			return nil, err
		}
		s.mu.RLock()
		defer s.mu.RUnlock()
		return read(c)
	})
}

func of[T any](find func(*wire.Call) (*T, error), output func(*T) object) func(*wire.Call) (object, error) {
	return func(c *wire.Call) (object, error) {
		v, err := find(c)
		if err != nil {
			return nil, err
		}
		return output(v), nil
	}
}

func list[T any](of map[string]T, output func(T) object) object {
	return object{"item": wire.List(of, output)}
}

func (a *restAPI) output() object {
	return object{
		"id": a.id, "name": *a.inputs.Name, "createdDate": a.created.Unix(), "apiKeySource": "HEADER",
		"rootResourceId": a.definition.rootID, "tags": a.inputs.Tags,
	}
}

func (st *stage) output() object {
	settings := object{}
	for path, set := range st.settings {
		settings[path] = object{
			"throttlingRateLimit": set.ThrottlingRateLimit, "throttlingBurstLimit": set.ThrottlingBurstLimit,
			"metricsEnabled": set.MetricsEnabled,
		}
	}
	out := object{
		"stageName": st.inputs.StageName, "deploymentId": st.inputs.Deployment, "createdDate": st.created.Unix(),
		"lastUpdatedDate": st.updated.Unix(), "tracingEnabled": st.live.tracing, "methodSettings": settings, "tags": st.inputs.Tags,
	}
	if set := st.inputs.AccessLogSettings; set != nil {
		out["accessLogSettings"] = object{"destinationArn": set.DestinationARN, "format": set.Format}
	}
	return out
}

func (d *deployment) output() object { return object{"id": d.id, "createdDate": d.created.Unix()} }

func (p *usagePlan) output() object {
	stages := []object{}
	for _, st := range p.inputs.APIStages {
		stages = append(stages, object{"apiId": st.APIID, "stage": st.Stage})
	}
	out := object{"id": p.id, "name": *p.inputs.Name, "apiStages": stages, "tags": p.inputs.Tags}
	if t := p.inputs.Throttle; t != nil {
		perSecond, burst := t.values()
		out["throttle"] = object{"rateLimit": perSecond, "burstLimit": burst}
	}
	if q := p.inputs.Quota; q != nil {
		out["quota"] = object{"limit": q.Limit, "offset": 0, "period": q.Period}
	}
	return out
}

// output includes the key's value only if the caller asks for it by a parameter.
func (k *apiKey) output(c *wire.Call, parameter string) object {
	out := object{
		"id": k.id, "name": *k.inputs.Name, "description": k.inputs.Description, "enabled": k.enabled(),
		"createdDate": k.created.Unix(), "lastUpdatedDate": k.updated.Unix(), "tags": k.inputs.Tags,
	}
	if c.URL.Query().Get(parameter) == "true" {
		out["value"] = k.value
	}
	return out
}

func (s *Service) membersOf(p *usagePlan) object {
	keys := []object{}
	for _, m := range sorted(s.members) {
		if m.plan == p {
			keys = append(keys, object{"id": m.key.id, "type": apiKeyType, "name": *m.key.inputs.Name, "value": m.key.value})
		}
	}
	return object{"item": keys}
}

func (s *Service) stageOf(c *wire.Call) (*stage, error) {
	a, err := s.api(c.PathValue("api"))
	if err != nil {
		return nil, err
	}
	return a.stage(c.PathValue("stage"))
}

func (s *Service) getAccount(*wire.Call) (object, error) {
	return object{
		"cloudwatchRoleArn": s.logRole.Load(), "features": []string{"UsagePlans"}, "apiKeyVersion": "1",
		"throttleSettings": object{"burstLimit": accountBurst, "rateLimit": accountRate},
	}, nil
}
