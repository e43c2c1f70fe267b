// Package cloudwatch is the embedded cloud's Amazon CloudWatch: metrics, metric and composite alarms, dashboards and saved
// queries of Logs Insights.
//
// Differences from AWS:
//   - metrics are kept for 24 hours by the minute, and 5,000 of them; a metric has the unit of its first value;
//   - a percentile is at most 0.5 % off;
//   - an alarm is evaluated at the start of each minute, on the periods that have ended by then; AWS does not say when;
//   - an alarm looks at two periods more than it evaluates when data is missing; AWS says "a higher number";
//   - metric math has numbers, ids, + - * /, comparisons, &&, ||, IF and FILL, and all its metrics have one period;
//   - the actions of alarms are SNS topics; composite alarms have no suppressor, and rules of ALARM(name) joined by OR;
//   - a metric of a log event in the embedded metric format has the time of the event, not the Timestamp in it;
//   - a dashboard's body and a query are stored, not run.
package cloudwatch

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/sns"
	"github.com/order-patterns/order-patterns/local/wire"
)

// Dependencies are the other services that CloudWatch uses. All are required.
type Dependencies struct {
	Topics sns.Publisher
}

// Service is the CloudWatch of one account.
type Service struct {
	Dependencies
	wire.Name
	wire.RPC
	account *account.Account

	metrics store

	mu         sync.Mutex
	alarms     map[string]*alarm         // by name
	dashboards map[string]*DashboardArgs // by name
	evaluated  time.Time                 // the minute that was evaluated last
	timer      clockwork.Timer
	closed     bool
	sending    sync.Mutex // held while notifications are sent, so that they keep their order
}

// New returns a CloudWatch without metrics and alarms. Close stops the evaluation of alarms.
func New(a *account.Account, d Dependencies) *Service {
	s := &Service{Name: "monitoring", Dependencies: d, account: a, metrics: store{series: map[string]*series{}}, alarms: map[string]*alarm{},
		dashboards: map[string]*DashboardArgs{}}
	s.register()
	a.Metrics = s
	s.evaluated = a.Clock.Now().Truncate(resolution)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.schedule()
	return s
}

// Close ends the evaluation of alarms. It returns no error.
func (s *Service) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.timer.Stop()
	return nil
}

// Publish implements account.Metrics. It needs no permission.
func (s *Service) Publish(at time.Time, namespace string, dimensions map[string]string, values ...account.Value) {
	set := dimensionsOf(dimensions)
	for _, v := range values {
		s.put(datum{metric{namespace, v.Metric, set}, v.Unit, at, v.Value})
	}
}

func (s *Service) put(d datum) { s.metrics.put(&d, s.account.Clock.Now()) }

// schedule sets the timer for the next minute. The caller holds the lock.
func (s *Service) schedule() {
	next := s.evaluated.Add(resolution).Sub(s.account.Clock.Now())
	s.timer = s.account.Clock.AfterFunc(max(next, 0), func() {
		s.evaluate(context.Background())
		s.mu.Lock()
		defer s.mu.Unlock()
		if !s.closed {
			s.schedule()
		}
	})
}

// evaluate samples the gauges and evaluates all alarms at the start of each minute since the last evaluation, and sends the
// notifications of what changed. Reads of alarms and metrics call it too, so that they never see one that is late.
func (s *Service) evaluate(ctx context.Context) {
	s.sending.Lock()
	defer s.sending.Unlock()
	now := s.account.Clock.Now()
	s.mu.Lock()
	at := s.evaluated
	s.mu.Unlock()
	// A clock that jumped, such as that of a computer that slept, is not followed for more than the data there is.
	if oldest := now.Add(-retention).Truncate(resolution); at.Before(oldest) {
		at = oldest
	}
	var changes []change
	for at = at.Add(resolution); !at.After(now); at = at.Add(resolution) {
		for _, gauge := range s.account.Gauges { // without a lock: services publish while they hold theirs
			gauge(at, func(namespace string, dimensions map[string]string, values ...account.Value) {
				s.Publish(at.Add(-resolution), namespace, dimensions, values...)
			})
		}
		s.mu.Lock()
		changes = append(changes, s.evaluateAt(at)...)
		s.evaluated = at
		s.mu.Unlock()
	}
	s.notify(ctx, changes)
}

func invalid(code, format string, args ...any) *wire.Error {
	return wire.Errorf(http.StatusBadRequest, code, format, args...)
}

func notFound(name string) *wire.Error {
	return wire.Errorf(http.StatusNotFound, "ResourceNotFound", "There is no %q", name)
}

// emf is the metadata of a log event in the embedded metric format:
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
type emf struct {
	AWS struct {
		CloudWatchMetrics []struct {
			Namespace  string
			Dimensions [][]string
			Metrics    []struct{ Name, Unit string }
		}
	} `json:"_aws"`
}

// Extract stores the metrics of a log event in the embedded metric format, at the time of the event. The format's own Timestamp
// is the machine's time in a function, which the account's clock may be ahead of. Every other event is ignored, and so is, as on
// AWS, a metric whose value or dimension the event lacks.
func (s *Service) Extract(at time.Time, message string) {
	// Most events are not in the format, and are not parsed.
	if !strings.HasPrefix(message, "{") || !strings.Contains(message, `"CloudWatchMetrics"`) {
		return
	}
	var head emf
	var body map[string]any
	if json.Unmarshal([]byte(message), &head) != nil || json.Unmarshal([]byte(message), &body) != nil {
		return
	}
	for _, directive := range head.AWS.CloudWatchMetrics {
		for _, names := range directive.Dimensions {
			dimensions, ok := dimensionSet(body, names)
			if !ok {
				continue
			}
			for _, m := range directive.Metrics {
				values, ok := body[m.Name].([]any)
				if !ok {
					values = []any{body[m.Name]}
				}
				for _, v := range values {
					if n, ok := v.(float64); ok {
						s.put(datum{metric{directive.Namespace, m.Name, dimensions}, m.Unit, at, n})
					}
				}
			}
		}
	}
}

func dimensionSet(body map[string]any, names []string) ([]dimension, bool) {
	dimensions := []dimension{}
	for _, name := range names {
		value, ok := body[name].(string)
		if !ok || value == "" {
			return nil, false
		}
		dimensions = append(dimensions, dimension{name, value})
	}
	return dimensions, true
}
