package apigateway

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
