package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/stretchr/testify/require"
)

// group is a log group whose pages have two events.
type group struct {
	events []types.FilteredLogEvent
	asked  []time.Time // StartTime of each reading
	fails  error
}

func (g *group) add(at time.Time, message string) {
	g.events = append(g.events, types.FilteredLogEvent{
		EventId: aws.String(fmt.Sprint(len(g.events))), Timestamp: aws.Int64(at.UnixMilli()), Message: &message,
	})
}

// FilterLogEvents finds what it should, and whatever else has a term of the pattern.
func (g *group) FilterLogEvents(_ context.Context, in *cloudwatchlogs.FilterLogEventsInput, _ ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.FilterLogEventsOutput, error) {
	if g.fails != nil {
		return nil, g.fails
	}
	first := 0
	if in.NextToken != nil {
		_, _ = fmt.Sscan(*in.NextToken, &first)
	} else {
		g.asked = append(g.asked, time.UnixMilli(*in.StartTime).UTC())
	}
	out := &cloudwatchlogs.FilterLogEventsOutput{}
	for i := first; i < len(g.events); i++ {
		e := g.events[i]
		if *e.Timestamp < *in.StartTime || !strings.Contains(*e.Message, *in.FilterPattern) {
			continue
		}
		if len(out.Events) == 2 {
			out.NextToken = aws.String(fmt.Sprint(i))
			break
		}
		out.Events = append(out.Events, e)
	}
	return out, nil
}

func journalOf(g *group, from time.Time) *journal {
	return &journal{client: g, group: "g", pattern: "order", messages: []string{"order stored"}, from: from, seen: map[string]bool{}, times: map[string]time.Time{}}
}

func done(at time.Time, message, id string) string {
	return fmt.Sprintf(`{"timestamp":%q,"level":"INFO","message":%q,"orderid":%q}`, at.Format(time.RFC3339Nano), message, id)
}

var begun = time.Date(2026, 1, 31, 8, 30, 0, 0, time.UTC)

func TestAJournalTakesTheFirstTimeOfEachOrderAndReadsOnlyWhatIsNew(t *testing.T) {
	g := &group{}
	j := journalOf(g, begun)
	at := func(ms int) time.Time { return begun.Add(time.Duration(ms) * time.Millisecond) }
	add := func(ms int, message, id string) { g.add(at(ms), done(at(ms), message, id)) }
	add(-1, "order stored", "before")
	add(3000, "order stored", "o1")
	add(3500, "order stored", "o1")
	add(3600, "order superseded", "o2")
	add(10_000, "order stored", "o3")
	require.NoError(t, j.read(t.Context()))
	require.Equal(t, map[string]time.Time{"o1": at(3000), "o3": at(10_000)}, j.times)

	// It came late, behind what is younger.
	add(5500, "order stored", "o4")
	add(8600, "order stored", "o3")
	require.NoError(t, j.read(t.Context()))
	require.Equal(t, map[string]time.Time{"o1": at(3000), "o3": at(8600), "o4": at(5500)}, j.times)
	require.Equal(t, []time.Time{begun, at(5000)}, g.asked)

	g.add(at(11_000), "order?")
	require.ErrorContains(t, j.read(t.Context()), `the log group g has the line "order?"`)
	g.fails = errors.New("throttled")
	require.ErrorContains(t, j.read(t.Context()), "reading the log group g: throttled")
}

func TestAnOrderIsCompletedWhenTheLastFunctionHasDoneWithIt(t *testing.T) {
	stored, invoiced := &group{}, &group{}
	c := &completions{journals: []*journal{journalOf(stored, begun), journalOf(invoiced, begun)}}
	look := c.of([]string{"o1", "o2"})
	expect := func(left int, last time.Time) {
		t.Helper()
		n, at, err := look(t.Context())
		require.NoError(t, err)
		require.Equal(t, left, n)
		require.Equal(t, last, at)
	}
	second := func(n int) time.Time { return begun.Add(time.Duration(n) * time.Second) }
	expect(2, time.Time{})
	stored.add(second(1), done(second(1), "order stored", "o1"))
	stored.add(second(2), done(second(2), "order stored", "o2"))
	expect(2, time.Time{})
	invoiced.add(second(5), done(second(5), "order stored", "o1"))
	expect(1, second(5))
	invoiced.add(second(1), done(second(1), "order stored", "o2"))
	expect(0, second(5))
	require.Equal(t, []time.Duration{5 * time.Second, 2 * time.Second}, since(begun, []string{"o1", "o2"}, c.at))
}
