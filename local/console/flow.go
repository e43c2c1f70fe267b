package console

import (
	"cmp"
	"slices"
)

// flow is how records get from one function to the next ones: through queues and streams.
type flow struct {
	machines map[string]string     // the state machine that invokes a function, by the ARN of the function
	inputs   map[string][]delivery // of a function, by its ARN
}

// delivery is a way from a function that sends to one that reads.
type delivery struct {
	from string // ARN
	via  *Node  // a queue or stream
}

func newFlow(g *graph) *flow {
	f := &flow{machines: map[string]string{}, inputs: map[string][]delivery{}}
	readers := map[string][]string{} // of a topic, queue or stream: what gets its messages
	var edges []Edge
	for _, c := range g.Components {
		edges = append(edges, c.Edges...)
	}
	for _, e := range edges {
		if e.Kind == edgeEvent {
			readers[e.From] = append(readers[e.From], e.To)
		}
	}
	var connect func(from, through string)
	connect = func(from, through string) {
		for _, to := range readers[through] {
			if g.nodes[to].Kind != kindFunction {
				connect(from, to)
			} else if n := g.nodes[through]; n.Kind != kindTopic {
				f.inputs[to] = append(f.inputs[to], delivery{from, n})
			}
		}
	}
	for _, e := range edges {
		switch from, to := g.nodes[e.From], g.nodes[e.To]; {
		case e.Kind != edgeCall:
		case from.Kind == kindMachine && to.Kind == kindFunction:
			f.machines[e.To] = e.From
		case from.Kind == kindFunction:
			connect(e.From, e.To)
		}
	}
	f.dropRepeaters()
	return f
}

// dropRepeaters removes the deliveries of a function that only sends again what another one has sent to both.
func (f *flow) dropRepeaters() {
	all := map[string][]delivery{}
	for to, inputs := range f.inputs {
		all[to] = slices.DeleteFunc(slices.Clone(inputs), func(d delivery) bool {
			return d.from == to || slices.ContainsFunc(inputs, func(other delivery) bool {
				return other.from != d.from && slices.ContainsFunc(f.inputs[d.from], func(in delivery) bool { return in.from == other.from })
			})
		})
	}
	f.inputs = all
}

// step is where a function belongs to: the work of a state machine is one step, in which a later function makes good for an
// earlier one.
func (f *flow) step(function string) string {
	return cmp.Or(f.machines[function], function)
}

// missing returns the queues and streams in which messages about a record may be: the functions before have succeeded, each of which
// sends one, and the reader not as often. A message that no subscription wants is in none.
func (f *flow) missing(r *record) (via []*Node) {
	for to, inputs := range f.inputs {
		sent := slices.DeleteFunc(slices.Clone(inputs), func(in delivery) bool { return r.done[in.from] == 0 })
		for _, in := range sent {
			if r.done[to] < len(sent) && !slices.Contains(via, in.via) {
				via = append(via, in.via)
			}
		}
	}
	return via
}
