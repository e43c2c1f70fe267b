package trace

// ResetFirstRequest makes the next request the first one of the process.
func ResetFirstRequest() { firstRequest.Store(nil) }
