package console

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/provider"
)

// Kinds of edges.
const (
	edgeCall    = "call"
	edgeEvent   = "event"
	edgeFailure = "failure"
)

// builder finds the edges between nodes.
type builder struct {
	resources []provider.Resource
	names
	nodes  map[string]*Node              // by ARN
	grants map[string][]policy.Statement // of a role, by its name
	labels map[Edge][]string             // of edges without their label
}

func newBuilder(resources []provider.Resource) *builder {
	b := &builder{
		resources: resources, names: names{}, nodes: map[string]*Node{},
		grants: map[string][]policy.Statement{}, labels: map[Edge][]string{},
	}
	for _, r := range resources {
		if kind, ok := kinds[r.Type]; ok {
			arn := r.Text("arn")
			b.nodes[arn] = &Node{
				ID: arn, Kind: kind, Name: r.Name, Resource: cmp.Or(r.Text("name"), r.Text("bucket"), r.ID),
				Description: r.Text("description"), deployed: r,
			}
			b.names[arn], b.names[r.ID] = arn, arn
		}
		if r.Type == "aws:iam/rolePolicy:RolePolicy" {
			if d, err := policy.Parse(r.Text("policy"), policy.Identity); err == nil { // it was parsed when it was deployed
				b.grants[r.Text("role")] = append(b.grants[r.Text("role")], d.Statements...)
			}
		}
	}
	return b
}

// add adds an edge between the nodes of two names, if both exist.
func (b *builder) add(from, to, kind, label string) {
	e := Edge{From: b.find(from), To: b.find(to), Kind: kind}
	if e.From == "" || e.To == "" || e.From == e.To {
		return
	}
	labels := b.labels[e]
	if label != "" && !slices.Contains(labels, label) {
		labels = append(labels, label)
	}
	b.labels[e] = labels
}

// connect adds all edges.
func (b *builder) connect() {
	for _, r := range b.resources {
		switch r.Type {
		case "aws:apigateway/restApi:RestApi":
			for _, o := range operations(r.Text("body")) {
				b.add(r.Text("arn"), o.function(), edgeCall, o.label())
				b.granted(o.Integration.Credentials, func(_, to string) { b.add(r.Text("arn"), to, edgeCall, o.label()) })
			}
		case "aws:sfn/stateMachine:StateMachine":
			b.states(r.Text("arn"), r.Text("definition"))
		case "aws:lambda/function:Function":
			b.granted(r.Text("role"), func(action, to string) { b.add(r.Text("arn"), to, edgeCall, action) })
		case "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig":
			b.add(r.Text("functionName"), r.Text("destinationConfig", "onFailure", "destination"), edgeFailure, "")
		case "aws:lambda/eventSourceMapping:EventSourceMapping":
			source := r.Text("eventSourceArn")
			b.add(source, r.Text("functionArn"), edgeEvent, "")
			b.add(r.Text("functionArn"), r.Text("destinationConfig", "onFailure", "destinationArn"), edgeFailure, "")
			if n := b.nodes[b.find(source)]; n != nil {
				n.Consumers = append(n.Consumers, r.ID)
			}
		case "aws:sns/topicSubscription:TopicSubscription":
			b.add(r.Text("topic"), r.Text("endpoint"), edgeEvent, "")
			b.redrive(r.Text("topic"), r.Text("redrivePolicy"))
		case "aws:sqs/queue:Queue":
			b.redrive(r.ID, r.Text("redrivePolicy"))
		case "aws:sqs/redrivePolicy:RedrivePolicy":
			b.redrive(r.Text("queueUrl"), r.Text("redrivePolicy"))
		}
	}
	b.tidy()
}

// redrive adds the edge of a redrive policy of a queue or a subscription.
func (b *builder) redrive(from, text string) {
	var p struct {
		DeadLetterTargetArn string
		MaxReceiveCount     int
	}
	if json.Unmarshal([]byte(text), &p) != nil { // none
		return
	}
	label := ""
	if p.MaxReceiveCount > 0 {
		label = fmt.Sprintf("after %d receives", p.MaxReceiveCount)
	}
	b.add(from, p.DeadLetterTargetArn, edgeFailure, label)
}

// granted calls f with each action, without the service, and node that the inline policies of a role allow. "*" is no node: it is
// for what has no resource.
func (b *builder) granted(role string, f func(action, to string)) {
	for _, s := range b.grants[role[strings.LastIndex(role, "/")+1:]] {
		for _, r := range s.Resource {
			to := []string{r}
			if b.find(r) == "" && r != "*" && strings.ContainsAny(r, "*?") {
				to = slices.DeleteFunc(slices.Sorted(maps.Keys(b.nodes)), func(arn string) bool { return !policy.Match(r, arn) })
			}
			for _, action := range s.Action {
				_, name, _ := strings.Cut(action, ":")
				for _, to := range to {
					if s.Effect == "Allow" {
						f(name, to)
					}
				}
			}
		}
	}
}

// tidy removes calls that only read a source for a mapping, and marks dead-letter queues: a queue that only failures reach and
// nothing reads.
func (b *builder) tidy() {
	failures, events := map[string]bool{}, map[string]bool{}
	for e := range b.labels {
		failures[e.To] = failures[e.To] || e.Kind == edgeFailure
		if e.Kind == edgeEvent {
			events[e.From], events[e.To] = true, true
		}
	}
	for e, labels := range maps.Clone(b.labels) {
		n := b.nodes[e.To]
		if _, mapped := b.labels[Edge{From: e.To, To: e.From, Kind: edgeEvent}]; mapped && e.Kind == edgeCall {
			sends := slices.DeleteFunc(labels, func(action string) bool {
				return !strings.HasPrefix(action, "Send") && !strings.HasPrefix(action, "Put")
			})
			if b.labels[e] = sends; len(sends) == 0 {
				delete(b.labels, e)
			}
		}
		if n.Kind == kindQueue && failures[e.To] && !events[e.To] {
			n.Kind = kindDeadLetters
		}
		if n.Kind == kindDeadLetters && e.Kind == edgeCall {
			delete(b.labels, e)
			b.labels[Edge{From: e.From, To: e.To, Kind: edgeFailure}] = labels
		}
	}
}

// sorted returns the edges, each with its labels in one. The order is that of the program's names: those in AWS end at random, and the page
// would draw the same program in another way each time.
func (b *builder) sorted() (edges []Edge) {
	for e, labels := range b.labels {
		slices.Sort(labels)
		e.Label = strings.Join(labels, ", ")
		edges = append(edges, e)
	}
	name := func(id string) string { return b.nodes[id].Name + " " + b.nodes[id].Kind + " " + id }
	slices.SortFunc(edges, func(a, b Edge) int {
		return cmp.Or(cmp.Compare(name(a.From), name(b.From)), cmp.Compare(name(a.To), name(b.To)), cmp.Compare(a.Kind, b.Kind))
	})
	return edges
}
