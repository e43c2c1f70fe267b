package lambda

import (
	"net/http"
	"time"

	"github.com/order-patterns/order-patterns/local/account"
)

// publish publishes metrics of a function. On AWS, those of an invocation have the time of its start; here that of its end, so
// that alarms see them. https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
func (s *Service) publish(function string, values ...account.Value) {
	s.account.Publish("AWS/Lambda", map[string]string{"FunctionName": function}, values...)
}

// count publishes an invocation that has ended. An invocation that did not reach the function is none.
func (s *Service) count(f *function, inv *invoke) {
	if inv.err != nil {
		return
	}
	failed := 0
	if inv.failed {
		failed = 1
	}
	s.publish(f.name, account.Count("Invocations", 1), account.Count("Errors", failed), account.Count("Throttles", 0),
		account.Milliseconds("Duration", inv.duration))
}

func (s *Service) countThrottle(function string, err error) {
	if statusOf(err) == http.StatusTooManyRequests {
		s.publish(function, account.Count("Throttles", 1))
	}
}

// gauge publishes the concurrency of functions, and the age of the last record of each batch that a stream's reader tries.
func (s *Service) gauge(end time.Time, publish func(string, map[string]string, ...account.Value)) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, f := range s.functions {
		if n := f.inflight.Load(); n > 0 {
			publish("AWS/Lambda", map[string]string{"FunctionName": f.name}, account.Count("ConcurrentExecutions", int(n)))
		}
	}
	for _, m := range s.mappings {
		m.trying.Range(func(_, v any) bool {
			if arrived := v.(time.Time); !arrived.After(end) {
				publish("AWS/Lambda", map[string]string{"FunctionName": m.functionName()}, account.Milliseconds("IteratorAge", end.Sub(arrived)))
			}
			return true
		})
	}
}

// Stats are counters of a function since it was created.
type Stats struct {
	Invocations  int64 // that ended, whether with success or not
	Errors       int64 // invocations that ended with a function error
	Throttles    int64 // invocations that were refused because of the concurrency
	Environments int64 // that were started
	Running      int   // environments that exist now
	Busy         int   // invocations that run now or wait for an environment
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

// Waiting returns how many records of its stream a mapping has not handled: those in the stream and those in a batch that is tried.
// It is 0 for a mapping of a queue, and for one that does not exist.
func (s *Service) Waiting(uuid string) (records int) {
	m, err := s.mapping(uuid)
	if err != nil {
		return 0
	}
	src, ok := m.settings.Load().source.(*streamSource)
	if !ok {
		return 0
	}
	shards, err := s.Streams.Shards(src.stream)
	if err != nil { // it was deleted
		return 0
	}
	for _, shard := range shards {
		from := src.start // of a shard that was not read
		if p := m.places.at(shard.ID); p != nil {
			var unhandled int
			from, unhandled = p.progress()
			records += unhandled
		}
		records += s.Streams.Waiting(src.stream, shard.ID, from)
	}
	return records
}
