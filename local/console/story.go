package console

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

// story is everything about one record.
type story struct {
	ID          string        `json:"id"`
	Component   string        `json:"component"`
	Status      string        `json:"status"` // done, running or failed
	Reason      string        `json:"reason"`
	Where       string        `json:"where"`
	Hops        []hop         `json:"hops"`
	Logs        []logLine     `json:"logs"`
	Items       []item        `json:"items"`
	Objects     []object      `json:"objects"`
	DeadLetters []lyingLetter `json:"deadLetters"`
	TraceIDs    []string      `json:"traceIds"`

	*Console  // has no exported fields
	ctx       context.Context
	graph     *graph
	component *Component
	record    record
	lines     []*line
	fields    map[string]string // of all lines, by names in lower case
}

type logLine struct {
	Time     time.Time      `json:"time"`
	Level    string         `json:"level"`
	Function string         `json:"function"` // its name in the program
	Message  string         `json:"message"`
	Fields   map[string]any `json:"fields"`
}

// getStory answers with the story of the newest record with an id.
func (c *Console) getStory(ctx context.Context, r *http.Request, _ *struct{}) (*story, error) {
	var rec record
	var missing []*Node
	if err := c.indexed(ctx, func(x *records) {
		for _, known := range x.list {
			if known.ID == r.PathValue("id") && known.LastSeen.After(rec.LastSeen) {
				rec, missing = *known, x.flow.missing(known)
			}
		}
	}); err != nil {
		return nil, err
	}
	if rec.ID == "" {
		return nil, absent("no function has logged the %s %s", c.settings.Record.Name, r.PathValue("id"))
	}
	g := c.graph()
	i := slices.IndexFunc(g.Components, func(k *Component) bool { return k.Name == rec.Component })
	if i < 0 {
		return nil, absent("the component %s is not deployed any more", rec.Component)
	}
	s := &story{
		ID: rec.ID, Component: rec.Component, Hops: []hop{}, Logs: []logLine{}, Items: []item{}, Objects: []object{}, DeadLetters: []lyingLetter{}, TraceIDs: []string{},
		Console: c, ctx: ctx, graph: g, component: g.Components[i], record: rec, fields: map[string]string{},
	}
	for _, part := range []func() error{s.addLines, s.addHops, s.addItems, s.addObjects, s.addDeadLetters} {
		if err := part(); err != nil {
			return nil, err
		}
	}
	return s, s.judge(missing)
}

func (s *story) addLines() error {
	for _, n := range s.component.steps() {
		if err := s.Console.lines(s.ctx, n, s.record.Started.Add(-overlap), s.record.ID, func(_ string, l *line) {
			if l.text(s.settings.Record.ID) == s.record.ID {
				s.lines = append(s.lines, l)
			}
		}); err != nil {
			return err
		}
	}
	slices.SortStableFunc(s.lines, func(a, b *line) int {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.text("timestamp"), b.text("timestamp")))
	})
	for _, l := range s.lines {
		for name := range l.fields {
			lower := strings.ToLower(name)
			s.fields[lower] = cmp.Or(l.text(name), s.fields[lower])
		}
		if id := l.text("traceId"); id != "" && !slices.Contains(s.TraceIDs, id) {
			s.TraceIDs = append(s.TraceIDs, id)
		}
		fields := maps.Clone(l.fields)
		maps.DeleteFunc(fields, func(name string, _ any) bool {
			return slices.Contains([]string{"timestamp", "level", "message", "_aws"}, name)
		})
		s.Logs = append(s.Logs, logLine{l.at, l.text("level"), s.graph.nodes[l.function].Name, l.text("message"), fields})
	}
	return nil
}

// judge says how the record is doing.
func (s *story) judge(missing []*Node) error {
	s.Status = "done"
	if n, err := s.waitsIn(s.ctx, missing, map[*Node]bool{}); err != nil {
		return err
	} else if n != nil {
		s.Status, s.Where = "running", "waits in the "+n.Kind+" "+n.Name
	}
	for _, n := range s.component.nodes(kindMachine) {
		out := s.execution(n)
		switch {
		case out == nil:
		case out.Status == types.ExecutionStatusRunning:
			s.Status, s.Where = "running", "is in the state machine "+n.Name
		case out.Status != types.ExecutionStatusSucceeded:
			s.Status, s.Reason = "failed", cmp.Or(aws.ToString(out.Cause), aws.ToString(out.Error), string(out.Status))
		}
	}
	if len(s.DeadLetters) > 0 {
		s.Status, s.Where = "failed", "is in the dead-letter queue "+s.DeadLetters[0].Queue
		s.Reason = cmp.Or(s.Reason, "it was received too often without success")
	}
	if s.record.Failed {
		s.Status, s.Reason = "failed", s.record.Reason
	}
	return nil
}

// execution returns the execution of a machine for the record, which has the name of its id or of the request to the API, or nil.
func (s *story) execution(machine *Node) *sfn.DescribeExecutionOutput {
	for _, name := range []string{s.record.ID, s.fields["apirequestid"]} {
		arn := strings.Replace(machine.ID, ":stateMachine:", ":execution:", 1) + ":" + name
		// Machines of the type EXPRESS do not describe executions.
		if out, err := s.sfn.DescribeExecution(s.ctx, &sfn.DescribeExecutionInput{ExecutionArn: &arn}); err == nil {
			return out
		}
	}
	return nil
}
