package handlertest

import "github.com/order-patterns/order-patterns/handlers/kit/httpapi"

// By returns the request with the authorizer context of a token. account is "" if the token names none. all says that the token allows the
// data of all accounts.
func By(r httpapi.Request, account string, all bool) httpapi.Request {
	r.RequestContext.Authorizer = map[string]any{"principalId": "user-1", "integrationLatency": 3.0}
	if account != "" {
		r.RequestContext.Authorizer["account"] = account
	}
	if all {
		r.RequestContext.Authorizer["any"] = "true"
	}
	return r
}

// Callers returns requests of several callers about the account own, by name, and whether they are allowed.
func Callers(r httpapi.Request, own string) map[string]Caller {
	anonymous := r
	anonymous.RequestContext.Authorizer = nil
	return map[string]Caller{
		"own":                   {By(r, own, false), true},
		"staff":                 {By(r, "", true), true},
		"staff with an account": {By(r, "another", true), true},
		"another's":             {By(r, "another", false), false},
		"a longer name":         {By(r, own+"0", false), false},
		"no account":            {By(r, "", false), false},
		"no authorizer":         {anonymous, false},
	}
}

// Caller is a request of one caller.
type Caller struct {
	Request httpapi.Request
	Allowed bool
}
