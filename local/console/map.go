package console

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/order-patterns/order-patterns/local/provider"
)

// Kinds of nodes, in the order of the map.
const (
	kindAPI         = "api"
	kindFunction    = "function"
	kindMachine     = "machine"
	kindTopic       = "topic"
	kindQueue       = "queue"
	kindStream      = "stream"
	kindTable       = "table"
	kindBucket      = "bucket"
	kindDeadLetters = "deadletters"
)

// kinds are the types of the resources that are nodes.
var kinds = map[string]string{
	"aws:apigateway/restApi:RestApi":    kindAPI,
	"aws:lambda/function:Function":      kindFunction,
	"aws:sfn/stateMachine:StateMachine": kindMachine,
	"aws:sns/topic:Topic":               kindTopic,
	"aws:sqs/queue:Queue":               kindQueue,
	"aws:kinesis/stream:Stream":         kindStream,
	"aws:dynamodb/table:Table":          kindTable,
	"aws:s3/bucketV2:BucketV2":          kindBucket,
}

var kindOrder = []string{kindAPI, kindFunction, kindMachine, kindTopic, kindQueue, kindStream, kindTable, kindBucket, kindDeadLetters}

// Node is a deployed resource of a diagram.
type Node struct {
	ID          string   `json:"id"` // ARN
	Kind        string   `json:"kind"`
	Name        string   `json:"name"`     // in the program
	Resource    string   `json:"resource"` // name in AWS
	Description string   `json:"description"`
	Consumers   []string `json:"consumers,omitempty"` // UUIDs of the event source mappings that read it
	deployed    provider.Resource
	component   *Component
}

// Edge is a way of data from one node to another.
type Edge struct {
	From  string `json:"from"`
	To    string `json:"to"`
	Label string `json:"label"`
	Kind  string `json:"kind"` // call, event or failure
}

// Component is a connected part of the graph of nodes. Its name is what the names of its nodes begin with.
type Component struct {
	Name  string  `json:"name"`
	Type  string  `json:"type"` // of the component in the program
	Nodes []*Node `json:"nodes"`
	Edges []Edge  `json:"edges"`
}

// nodes returns the nodes of a kind.
func (c *Component) nodes(kind string) []*Node {
	return slices.DeleteFunc(slices.Clone(c.Nodes), func(n *Node) bool { return n.Kind != kind })
}

// steps returns the functions that do something for a record: not those that only GET requests of an API invoke.
func (c *Component) steps() []*Node {
	return slices.DeleteFunc(c.nodes(kindFunction), func(n *Node) bool {
		in := slices.DeleteFunc(slices.Clone(c.Edges), func(e Edge) bool { return e.To != n.ID })
		does := func(label string) bool { return !strings.HasPrefix(label, http.MethodGet+" ") }
		return len(in) > 0 && !slices.ContainsFunc(in, func(e Edge) bool { return slices.ContainsFunc(strings.Split(e.Label, ", "), does) })
	})
}

// graph is what is deployed. It does not change.
type graph struct {
	Components []*Component `json:"components"`
	changes    int
	nodes      map[string]*Node // of all components, by ARN
	flow       *flow
	readings   []reading
	names
}

// names are the ARNs of nodes by another name of each: the ARN itself, the URL of a queue, or the name of a function.
type names map[string]string

// find returns the node of an ARN, of an ARN of a part of it such as a version or a key, or of another name of it.
func (ns names) find(name string) (arn string) {
	for name != "" {
		if arn, ok := ns[name]; ok {
			return arn
		}
		name = name[:max(strings.LastIndexAny(name, ":/"), 0)]
	}
	return ""
}

// graphs keeps the last graph.
type graphs struct {
	sync.Mutex
	last *graph
}

// graph returns the graph of what is deployed now.
func (c *Console) graph() *graph {
	c.graphs.Lock()
	defer c.graphs.Unlock()
	if changes := c.cloud.Provider.Changes(); c.graphs.last == nil || c.graphs.last.changes != changes {
		c.graphs.last = newGraph(c.cloud.Provider.Resources())
	}
	return c.graphs.last
}

func newGraph(resources []provider.Resource, changes int) *graph {
	b := newBuilder(resources)
	b.connect()
	edges := b.sorted()
	for _, e := range edges {
		join(b.nodes[e.From], b.nodes[e.To])
	}
	g := &graph{Components: []*Component{}, changes: changes, nodes: map[string]*Node{}, names: b.names}
	for _, e := range edges {
		c := b.nodes[e.From].component
		if c.Edges == nil {
			g.Components = append(g.Components, c)
		}
		c.Edges = append(c.Edges, e)
	}
	for _, c := range g.Components {
		slices.SortFunc(c.Nodes, func(a, b *Node) int {
			return cmp.Or(slices.Index(kindOrder, a.Kind)-slices.Index(kindOrder, b.Kind), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
		})
		c.Name, c.Type = commonName(c.Nodes), c.Nodes[0].deployed.Component
		for _, n := range c.Nodes {
			g.nodes[n.ID] = n
		}
	}
	slices.SortFunc(g.Components, func(a, b *Component) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Nodes[0].ID, b.Nodes[0].ID))
	})
	g.flow, g.readings = newFlow(g), newReadings(g)
	return g
}

// join makes one component of those of two nodes. A node begins as one of its own.
func join(a, b *Node) {
	for _, n := range []*Node{a, b} {
		if n.component == nil {
			n.component = &Component{Nodes: []*Node{n}}
		}
	}
	if into, from := a.component, b.component; into != from {
		into.Nodes = append(into.Nodes, from.Nodes...)
		for _, n := range from.Nodes {
			n.component = into
		}
	}
}

// commonName is what all names begin with, up to a hyphen, or the first name.
func commonName(nodes []*Node) string {
	common := strings.Split(nodes[0].Name, "-")
	for _, n := range nodes[1:] {
		words := strings.Split(n.Name, "-")
		i := 0
		for i < min(len(common), len(words)) && common[i] == words[i] {
			i++
		}
		common = common[:i]
	}
	return cmp.Or(strings.Join(common, "-"), nodes[0].Name)
}
