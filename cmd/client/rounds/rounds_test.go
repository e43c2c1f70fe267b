package rounds

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/stretchr/testify/require"
)

// fake is an API that accepts orders, and the logs of the functions that complete them.
type fake struct {
	delay   time.Duration // until an order is completed
	refuses string        // the id of an order that it refuses
	loses   string        // the id of an order that write-invoice does not complete

	mu     sync.Mutex
	placed int
	events []types.FilteredLogEvent
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.placed++
	id := fmt.Sprintf("o%d", f.placed)
	if id == f.refuses {
		http.Error(w, `{"message":"not today"}`, http.StatusForbidden)
		return
	}
	line, _ := json.Marshal(map[string]string{"level": "INFO", "orderid": id})
	f.events = append(f.events, types.FilteredLogEvent{Message: aws.String(string(line)), Timestamp: aws.Int64(time.Now().Add(f.delay).UnixMilli())})
	w.WriteHeader(http.StatusAccepted)
	fmt.Fprintf(w, `{"orderid":%q}`, id)
}

func (f *fake) FilterLogEvents(_ context.Context, in *cloudwatchlogs.FilterLogEventsInput, _ ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.FilterLogEventsOutput, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := &cloudwatchlogs.FilterLogEventsOutput{}
	for _, e := range f.events {
		lost := *in.LogGroupName == "invoices" && f.loses != "" && *e.Message == fmt.Sprintf(`{"level":"INFO","orderid":%q}`, f.loses)
		if lost {
			e.Message = aws.String(`{"level":"ERROR","message":"no invoice","error":"the bucket is gone"}`)
		}
		if at := time.UnixMilli(*e.Timestamp); *e.Timestamp >= *in.StartTime && !at.After(time.Now()) {
			out.Events = append(out.Events, e)
		}
	}
	return out, nil
}

func (f *fake) pattern(t *testing.T) *Pattern {
	api := httptest.NewServer(f)
	t.Cleanup(api.Close)
	p := &Pattern{
		Name: "fanout", Logs: f, AtOnce: 4, Poll: time.Millisecond, Limit: 300 * time.Millisecond,
		Outputs: Outputs{URL: api.URL, Functions: map[string]struct{ LogGroup string }{"store-order": {"orders"}, "write-invoice": {"invoices"}}},
	}
	require.NoError(t, p.Prepare(t.Context()))
	return p
}

func TestRoundEndsWhenAllOrdersAreCompleted(t *testing.T) {
	f := &fake{delay: 50 * time.Millisecond}
	p := f.pattern(t)
	for range 2 {
		r, err := p.Round(t.Context(), 20)
		require.NoError(t, err)
		require.Equal(t, 20, r.Answers.Accepted())
		require.Len(t, r.Completed, 20)
		require.Len(t, r.Delays, 20)
		require.GreaterOrEqual(t, Quantile(r.Completed, 1), 49*time.Millisecond) // a log line has full milliseconds
		require.LessOrEqual(t, Quantile(r.Delays, 1), 50*time.Millisecond)
	}
	require.Equal(t, 40, f.placed)
}

func TestRoundFailsIfAnOrderIsNotAccepted(t *testing.T) {
	p := (&fake{refuses: "o7"}).pattern(t)
	_, err := p.Round(t.Context(), 20)
	var incomplete *IncompleteError
	require.ErrorAs(t, err, &incomplete)
	require.EqualError(t, err, "1 of 20 orders were not accepted: 403 Forbidden: not today")
}

func TestRoundFailsIfOneFunctionDoesNotCompleteAnOrder(t *testing.T) {
	p := (&fake{loses: "o7"}).pattern(t)
	_, err := p.Round(t.Context(), 20)
	require.EqualError(t, err, "1 of 20 orders were not completed within 300ms. The last error of the functions that complete them: no invoice: the bucket is gone")
}

func TestPatternWithoutTheFunctionThatCompletesOrdersIsRefused(t *testing.T) {
	require.EqualError(t, (&Pattern{Name: "fanout"}).Prepare(t.Context()),
		"no orders can be placed in fanout: its outputs have no log group of the function store-order, which completes them")
	require.EqualError(t, (&Pattern{Name: "other"}).Prepare(t.Context()), "no orders can be placed in other: it is not known which functions complete them")
}

func TestOrderIsCompletedWhenTheLastFunctionHasLoggedIt(t *testing.T) {
	began := time.Now()
	stored, invoiced := Log{Orders: map[string]time.Time{}}, Log{Orders: map[string]time.Time{}}
	stored.add(began.Add(2*time.Second), `{"level":"INFO","message":"order stored","orderid":"o1"}`)
	stored.add(began.Add(time.Second), `{"level":"INFO","message":"order stored","orderid":"o1"}`)
	stored.add(began.Add(time.Second), `{"level":"ERROR","orderid":"o2"}`)
	stored.add(began.Add(time.Second), `{"type":"platform.report"}`)
	stored.add(began, `not JSON`)
	_, ok := completed("o1", []Log{stored, invoiced})
	require.False(t, ok)
	invoiced.add(began.Add(5*time.Second), `{"level":"INFO","orderId":"o1"}`)
	at, ok := completed("o1", []Log{stored, invoiced})
	require.True(t, ok)
	require.Equal(t, began.Add(5*time.Second), at)
	require.Equal(t, map[string]time.Time{"o1": began.Add(time.Second)}, stored.Orders)
	require.Len(t, stored.Reports, 1)
}

func TestQuantiles(t *testing.T) {
	values := []time.Duration{3, 1, 2, 4}
	for q, want := range map[float64]time.Duration{0: 1, 0.25: 1, 0.5: 2, 0.95: 4, 1: 4} {
		require.Equal(t, want, Quantile(values, q), q)
	}
}
