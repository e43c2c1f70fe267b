package lambda

// Stats are counters of a function since it was created.
type Stats struct {
	// Invocations ended, whether with success or not.
	Invocations int64
	// Errors are the invocations that ended with a function error.
	Errors int64
	// Throttles are the invocations that were refused because of the concurrency.
	Throttles int64
	// Environments were started since the function was created; Running of them exist now.
	Environments int64
	Running      int
	// Busy are the invocations that run now or wait for an environment.
	Busy int
}

// Stats returns a function's counters, for tests and benchmarks.
func (s *Service) Stats(functionName string) Stats {
	f := s.function(functionName)
	if f == nil {
		return Stats{}
	}
	stats := Stats{
		Invocations: f.invocations.Load(), Errors: f.errors.Load(), Throttles: f.throttles.Load(),
		Environments: f.environments.Load(), Busy: int(f.inflight.Load()),
	}
	for _, p := range s.pools(f) {
		stats.Running += p.size()
	}
	return stats
}

// Kill kills all processes of a function, as a crash of their machine would. It returns how many there were.
func (s *Service) Kill(functionName string) (killed int) {
	if f := s.function(functionName); f != nil {
		for _, p := range s.pools(f) {
			killed += p.kill()
		}
	}
	return killed
}
