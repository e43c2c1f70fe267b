package console

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// Live is what happens now.
type Live struct {
	Time    time.Time            `json:"time"`
	AheadMs int64                `json:"aheadMs"` // of the clock of this machine
	Nodes   map[string]*Activity `json:"nodes"`   // by ARN
	Alarms  []Alarm              `json:"alarms"`
	Faults  []Fault              `json:"faults"`
	Records counts               `json:"records"`
	changes int                  // of the graph
}

// Activity is what happens at a node.
type Activity struct {
	Rate     float64  `json:"rate"`   // per second
	Total    float64  `json:"total"`  // since the page was connected
	Errors   float64  `json:"errors"` // in the last minute; of a dead-letter queue, the messages in it
	P50Ms    *float64 `json:"p50Ms,omitempty"`
	P99Ms    *float64 `json:"p99Ms,omitempty"`
	Waiting  int      `json:"waiting"` // messages, records or running executions
	InFlight int      `json:"inFlight"`
	OldestMs float64  `json:"oldestMs"`
	Paused   bool     `json:"paused"` // at least one consumer is
	Alarms   []string `json:"alarms"` // names
}

// latencyEvery is how many samples have the same percentiles.
const latencyEvery = 5

// sampler reads what happens. Its totals begin with its first sample.
type sampler struct {
	console    *Console
	cloudwatch *cloudwatch.Client
	lambda     *lambda.Client
	sqs        *sqs.Client
	sfn        *sfn.Client

	graph    *graph
	readings []reading
	tallies  map[string]*tally                // of nodes, by ARN
	seen     map[string]map[time.Time]float64 // values of the last minutes, by the key of a reading
	requests bucketRequests
	records  counts
	counting chan recordCount // nil if none is running
	samples  int
	last     time.Time // minute of the last sample, in the cloud's time
	sampled  time.Time // of the last sample, in the machine's time
}

// tally is what is known of a node.
type tally struct {
	now            Activity
	count, counted float64   // since the start, now and at the last sample
	minute         time.Time // the last with counts
	failures       []failure // of the last minute
	at             time.Time // of failures that are counted now
}

// failure is a number of errors that were seen at a time.
type failure struct {
	at time.Time
	n  float64
}

func (t *tally) fail(n float64) { t.failures = append(t.failures, failure{t.at, n}) }

func (c *Console) newSampler() *sampler {
	config := c.config.Copy()
	config.Retryer = func() aws.Retryer { return aws.NopRetryer{} } // the next sample is another try
	return &sampler{
		console: c, cloudwatch: cloudwatch.NewFromConfig(config), lambda: lambda.NewFromConfig(config),
		sqs: sqs.NewFromConfig(config), sfn: sfn.NewFromConfig(config),
		tallies: map[string]*tally{}, seen: map[string]map[time.Time]float64{},
	}
}

// sample reads once. What cannot be read, such as a queue that is just being deleted, is missing. The error is for the log.
func (s *sampler) sample(ctx context.Context) (*Live, error) {
	if g := s.console.graph(); s.graph == nil || g.changes != s.graph.changes {
		s.graph, s.readings = g, g.readings()
	}
	now := s.console.cloud.Account.Clock.Now()
	live := &Live{
		Time: now.UTC(), AheadMs: time.Until(now).Milliseconds(), Nodes: map[string]*Activity{}, changes: s.graph.changes,
		Faults: s.console.liveFaults(),
	}
	for id := range s.graph.nodes {
		t := s.tallies[id]
		if t == nil {
			t = &tally{}
			s.tallies[id] = t
		}
		before := t.now
		if t.now = (Activity{Alarms: []string{}}); !s.latencies() {
			t.now.P50Ms, t.now.P99Ms = before.P50Ms, before.P99Ms
		}
	}
	s.requests.take(func(bucket string, n float64) {
		if t := s.tallies[bucket]; t != nil {
			t.count += n
		}
	})
	err := errors.Join(s.count(ctx, now), s.depths(ctx), s.mappings(ctx), s.alarms(ctx, live), s.countRecords(ctx))
	live.Records = s.records
	elapsed := time.Since(s.sampled).Seconds()
	for id := range s.graph.nodes {
		t := s.tallies[id]
		a := t.now
		if a.Total = t.count; !s.sampled.IsZero() {
			a.Rate = (t.count - t.counted) / elapsed
		}
		t.counted = t.count
		for len(t.failures) > 0 && !t.failures[0].at.After(now.Add(-time.Minute)) {
			t.failures = t.failures[1:]
		}
		for _, f := range t.failures {
			a.Errors += f.n
		}
		live.Nodes[id] = &a
	}
	s.sampled = time.Now()
	s.samples++
	return live, err
}

// recordsWait is how long a sample waits for the number of records. It takes longer only if nobody looked while there were many.
const recordsWait = 200 * time.Millisecond

type recordCount struct {
	n   counts
	err error
}

// countRecords counts the records, or leaves the number as it is and lets the count go on.
func (s *sampler) countRecords(ctx context.Context) error {
	if s.counting == nil {
		counting := make(chan recordCount, 1)
		go func() {
			n, err := s.console.countRecords(context.WithoutCancel(ctx), s.console.cloud.Account.Clock.Now())
			counting <- recordCount{n, err}
		}()
		s.counting = counting
	}
	select {
	case c := <-s.counting:
		s.records, s.counting = c.n, nil
		return c.err
	case <-time.After(recordsWait):
		return nil
	}
}

// latencies reports whether this sample reads percentiles, which CloudWatch has to sort values for.
func (s *sampler) latencies() bool { return s.samples%latencyEvery == 0 }

// count reads the metrics of this minute and the one before. What a minute has more than at the last sample is new.
func (s *sampler) count(ctx context.Context, now time.Time) error {
	minute := now.Truncate(time.Minute)
	add := func(r *reading, at time.Time, v float64) {
		if r.count == nil {
			return
		}
		if s.seen[r.key] == nil {
			s.seen[r.key] = map[time.Time]float64{}
		}
		more := v - s.seen[r.key][at]
		s.seen[r.key][at] = v
		t := s.tallies[r.node]
		if t.minute, t.at = at, now; s.last.IsZero() && at.Add(time.Minute).Before(now) {
			t.at = at.Add(time.Minute)
		}
		if more > 0 {
			r.count(t, more)
		}
	}
	// After a jump of the clock, the minute of the last sample is read once more.
	if !s.last.IsZero() && minute.Sub(s.last) > time.Minute {
		if err := s.statistics(ctx, s.last, s.last.Add(time.Minute), add); err != nil {
			return err
		}
	}
	latest := map[*reading]float64{}
	if err := s.statistics(ctx, minute.Add(-time.Minute), minute.Add(time.Minute), func(r *reading, at time.Time, v float64) {
		add(r, at, v)
		latest[r] = v
	}); err != nil {
		return err
	}
	for r, v := range latest {
		if r.apply != nil {
			r.apply(s.tallies[r.node], v)
		}
	}
	for _, values := range s.seen {
		for at := range values {
			if at.Before(minute.Add(-time.Minute)) {
				delete(values, at)
			}
		}
	}
	if s.last.IsZero() { // what was counted before the first sample
		for _, t := range s.tallies {
			t.count = 0
		}
	}
	s.last = minute
	return nil
}
