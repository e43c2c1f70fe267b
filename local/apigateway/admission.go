package apigateway

// admit lets a request in, or says which limit it is over. Limits are asked in AWS's order: those of the client on the
// method, those of the client, those of the method, the account's:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html
func (x *exchange) admit() *failure {
	if x.method.keyRequired {
		if failed := x.meter(); failed != nil {
			return failed
		}
	}
	if l := x.live.methods[x.method].limiter; l != nil && !l.AllowN(x.start, 1) {
		return failThrottled
	}
	if !x.service.limiter.AllowN(x.start, 1) {
		return failThrottled
	}
	return nil
}

// keyHeader is the only source of API keys here.
const keyHeader = "x-api-key"

// meter finds the client by its key, and the plan in which the key is for this stage, and counts the request there.
// AWS does so for methods that require a key, and for no others: there "the throttle and quota limits of the usage plan
// are bypassed", whatever key a client sends:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-usage-plan-test-with-postman.html
//
// Which of them comes first, AWS does not document: here the quota counts what the client's rates let through, so that
// a client over its quota takes nothing of what all clients share.
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
		if l := c.methods[x.apiID+"/"+x.stageName+"/"+x.method.key()]; l != nil && !l.AllowN(x.start, 1) {
			return failThrottled
		}
		if c.limiter != nil && !c.limiter.AllowN(x.start, 1) {
			return failThrottled
		}
		if !c.usage.take(plan.quota, x.start) {
			return failQuota
		}
		return nil
	}
	return failKey
}
