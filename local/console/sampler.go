package console

import (
	"context"
	"errors"
	"time"
)

// Live is what happens now.
type Live struct {
	moment
	Nodes   map[string]*Activity `json:"nodes"` // by ARN
	Alarms  []Alarm              `json:"alarms"`
	Faults  []Fault              `json:"faults"`
	Records counts               `json:"records"`
}

// Activity is what happens at a node.
type Activity struct {
	Rate     float64  `json:"rate"`   // per second
	Total    float64  `json:"total"`  // since the page was connected
	Errors   float64  `json:"errors"` // in this minute and the last; of a dead-letter queue, the messages in it
	P50Ms    *float64 `json:"p50Ms,omitempty"`
	P99Ms    *float64 `json:"p99Ms,omitempty"`
	Waiting  int      `json:"waiting"` // messages, records or running executions
	InFlight int      `json:"inFlight"`
	OldestMs float64  `json:"oldestMs"`
	Paused   bool     `json:"paused"` // at least one consumer is
	Alarms   []string `json:"alarms"` // names
}

// latencyEvery is how many samples have the same percentiles, which CloudWatch has to sort values for.
const latencyEvery = 5

// sampler reads what happens for a page. Its totals begin with its first sample.
type sampler struct {
	*Console
	drawn    *graph
	seen     map[string]map[time.Time]float64 // values of the last minutes, by the key of a reading
	requests bucketRequests
	samples  int
	last     *Live
	sampled  time.Time // of the last sample, in the machine's time
}

func (c *Console) newSampler() *sampler {
	return &sampler{Console: c, last: &Live{}, seen: map[string]map[time.Time]float64{}}
}

// sample reads once. What cannot be read, such as a queue that is just being deleted, is missing. The error is for the log.
func (s *sampler) sample(ctx context.Context) (*Live, error) {
	s.drawn = s.graph()
	live := &Live{moment: s.now(), Nodes: map[string]*Activity{}, Faults: s.liveFaults()}
	for id := range s.drawn.nodes {
		a := &Activity{Alarms: []string{}}
		if before := s.last.Nodes[id]; before != nil && s.samples%latencyEvery != 0 {
			a.P50Ms, a.P99Ms = before.P50Ms, before.P99Ms
		}
		live.Nodes[id] = a
	}
	s.requests.take(live.Nodes)
	var err error
	live.Records, err = s.countRecords(ctx)
	err = errors.Join(err, s.metrics(ctx, live), s.depths(ctx, live), s.mappings(ctx, live), s.alarms(ctx, live))
	elapsed := time.Since(s.sampled).Seconds()
	for id, a := range live.Nodes {
		if s.samples == 0 {
			a.Total = 0 // what was counted before
		}
		a.Rate = a.Total / elapsed
		if before := s.last.Nodes[id]; before != nil {
			a.Total += before.Total
		}
	}
	s.last, s.sampled = live, time.Now()
	s.samples++
	return live, err
}
