package console

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"
)

// checks is a part of a graph: take sends to a topic, whose two queues are read by functions that both send to a third one. The
// watcher of an outbox sends to the topic again.
func checks() *graph {
	g := &graph{nodes: map[string]*Node{}}
	c := &Component{Name: "shop"}
	kinds := map[string][]string{kindFunction: {"take", "a", "b", "update", "watch", "first", "second"}, kindTopic: {"t"}, kindQueue: {"qa", "qb", "qu", "outbox"}, kindMachine: {"m"}}
	for kind, names := range kinds {
		for _, name := range names {
			g.nodes[name] = &Node{ID: name, Name: name, Kind: kind}
		}
	}
	for _, e := range [][3]string{
		{"take", "t", edgeCall}, {"take", "outbox", edgeCall}, {"outbox", "watch", edgeEvent}, {"watch", "t", edgeCall}, {"watch", "outbox", edgeCall},
		{"t", "qa", edgeEvent}, {"t", "qb", edgeEvent}, {"qa", "a", edgeEvent}, {"qb", "b", edgeEvent}, {"a", "qu", edgeCall}, {"b", "qu", edgeCall},
		{"qu", "update", edgeEvent}, {"a", "qb", edgeFailure}, {"m", "first", edgeCall}, {"m", "second", edgeCall},
	} {
		c.Edges = append(c.Edges, Edge{From: e[0], To: e[1], Kind: e[2]})
	}
	g.Components = append(g.Components, c)
	return g
}

func TestAReaderIsMissingUntilItHasHandledWhatEachSenderSent(t *testing.T) {
	f := newFlow(checks())
	for _, c := range []struct {
		done map[string]int
		want []string
	}{
		{nil, nil},
		{map[string]int{"take": 1}, []string{"outbox", "qa", "qb"}},
		{map[string]int{"take": 2, "watch": 1, "a": 1}, []string{"qb", "qu"}},
		{map[string]int{"take": 1, "watch": 1, "a": 1, "b": 1, "update": 1}, []string{"qu"}},
		{map[string]int{"take": 1, "watch": 3, "a": 1, "b": 1, "update": 2}, nil},
	} {
		var names []string
		for _, n := range f.missing(&record{done: c.done}) {
			names = append(names, n.Name)
		}
		slices.Sort(names)
		require.Equal(t, c.want, names, c.done)
	}
}

func TestALaterFunctionOfAMachineMakesGoodForAnEarlierOne(t *testing.T) {
	x := &records{all: map[recordKey]*record{}, flow: newFlow(checks())}
	start := time.Now()
	log := func(second int, function, outcome string) (string, bool) {
		l := &line{at: start.Add(time.Duration(second) * time.Second), function: function, fields: map[string]any{"id": "1", "outcome": outcome, "message": "m", "error": function}}
		x.add("shop", l, &Record{ID: "id"})
		return x.list[0].Reason, x.list[0].Failed
	}
	_, failed := log(1, "first", "stored")
	require.False(t, failed)
	reason, failed := log(2, "second", "failed")
	require.True(t, failed)
	require.Equal(t, "m: second", reason)
	_, failed = log(3, "first", "stored")
	require.False(t, failed, "the execution goes on")
	_, failed = log(3, "a", "rejected")
	require.True(t, failed)
	_, failed = log(4, "b", "stored")
	require.True(t, failed, "another function")
	_, failed = log(1, "a", "stored")
	require.True(t, failed, "an older line arrives later")
	_, failed = log(5, "a", "stored")
	require.False(t, failed)
}

func TestAFunctionThatOnlyReadsIsNoStep(t *testing.T) {
	c := &Component{}
	for _, name := range []string{"status", "both", "take", "alone"} {
		c.Nodes = append(c.Nodes, &Node{ID: name, Name: name, Kind: kindFunction})
	}
	for to, label := range map[string]string{"status": "GET /order/{id}, GET /status", "both": "GET /order, POST /order", "take": "POST /order"} {
		c.Edges = append(c.Edges, Edge{From: "api", To: to, Label: label, Kind: edgeCall})
	}
	var names []string
	for _, n := range c.steps() {
		names = append(names, n.Name)
	}
	require.Equal(t, []string{"both", "take", "alone"}, names)
}

func TestTheIndexHoldsTheNewestRecords(t *testing.T) {
	x := &records{all: map[recordKey]*record{}, flow: newFlow(checks())}
	for i := range maxRecords + 1 {
		x.add("shop", &line{function: "take", fields: map[string]any{"id": string(rune('a' + i))}}, &Record{ID: "id"})
	}
	require.Len(t, x.list, maxRecords)
	require.Len(t, x.all, maxRecords)
	require.Equal(t, "b", x.list[0].ID)
}

func TestALineSaysWhetherItsWorkFailed(t *testing.T) {
	for _, c := range []struct {
		fields map[string]any
		failed bool
		reason string
	}{
		{map[string]any{"level": "INFO", "message": "m", "outcome": "stored"}, false, "stored: m"},
		{map[string]any{"level": "ERROR", "message": "m", "outcome": "stored"}, false, "stored: m"},
		{map[string]any{"level": "ERROR", "message": "m"}, true, "ERROR: m"},
		{map[string]any{"level": "ERROR", "message": "m", "error": "e"}, true, "m: e"},
		{map[string]any{"level": "INFO", "message": "m", "outcome": "rejected", "Reason": "Stock"}, true, "rejected: Stock"},
		{map[string]any{"level": "INFO", "message": "m", "outcome": "applied", "status": "Rejected"}, true, "applied: m"},
		{map[string]any{"level": 3, "message": true}, false, ": "},
	} {
		l := &line{fields: c.fields}
		require.Equal(t, c.failed, l.failed(), c.fields)
		require.Equal(t, c.reason, l.reason(), c.fields)
	}
}

func TestAnIDIsMentionedAsAWholeWord(t *testing.T) {
	for text, want := range map[string]bool{"": false, "a/o-1/b": true, `{"id":"o-1"}`: true, "o-1": true, "o-12": false, "xo-1": false, "-o-1": false, "o-1.json": true, "O-1": false} {
		require.Equal(t, want, mentions(text, "o-1"), text)
	}
	require.False(t, mentions("anything", ""))
}

func TestAnItemIsPlainJSON(t *testing.T) {
	text, err := json.Marshal(plain(&types.AttributeValueMemberM{Value: map[string]types.AttributeValue{
		"s": &types.AttributeValueMemberS{Value: "a"}, "n": &types.AttributeValueMemberN{Value: "1.50"}, "b": &types.AttributeValueMemberBOOL{Value: true},
		"l":  &types.AttributeValueMemberL{Value: []types.AttributeValue{&types.AttributeValueMemberNULL{Value: true}, &types.AttributeValueMemberB{Value: []byte("x")}}},
		"ss": &types.AttributeValueMemberSS{Value: []string{"a", "b"}},
	}}))
	require.NoError(t, err)
	require.JSONEq(t, `{"s":"a","n":1.50,"b":true,"l":[null,"eA=="],"ss":["a","b"]}`, string(text))
}
