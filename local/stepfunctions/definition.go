package stepfunctions

import (
	"maps"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/ohler55/ojg/jp"
)

const (
	maxDefinition = 1 << 20 // bytes
	maxStateName  = 80      // characters
	maxSeconds    = 99999999
)

// definition is a state machine, ready to run: https://states-language.net/spec.html, with JSONPath.
type definition struct {
	start   *state
	states  map[string]*state
	timeout time.Duration // 0 for none
}

type state struct {
	name, kind string
	next       string // empty at an end, and in a Choice
	parameters template
	selector   template
	result     dataPath
	work       work
	retriers   []retrier
	catchers   []catcher
}

type work interface {
	do(*visit, any) (any, error)
}

// dataPath is a ResultPath. The path is nil for the default, $.
type dataPath struct {
	path *path
	null bool // the field is null
}

var kinds = map[string]func(*node, *state) work{
	"Task": readTask, "Pass": readPass, "Choice": readChoice, "Wait": readWait, "Succeed": readSucceed, "Fail": readFail,
}

// parseDefinition reads a definition. Its error is AWS's InvalidDefinition and lists everything that is wrong.
func parseDefinition(text string) (*definition, error) {
	p := &problems{}
	d := &definition{states: map[string]*state{}}
	v, err := parseJSON(text)
	switch {
	case len(text) > maxDefinition:
		p.failf("/", "Definition must be at most %d bytes", maxDefinition)
	case err != nil:
		p.addf("INVALID_JSON_DESCRIPTION", "/", "%v", err)
	default:
		d.read(p.node("/", v))
	}
	return d, p.err()
}

func (d *definition) read(n *node) {
	n.require("States", "StartAt")
	start := n.text("StartAt")
	n.text("Comment")
	d.timeout = seconds(n.integer("TimeoutSeconds", 1, maxSeconds, 0))
	states, _ := n.take("States")
	n.close()
	if states == nil {
		return
	}
	all := n.node("/States", states)
	if all.fields != nil && len(all.fields) == 0 {
		n.failf("/States", "There must be at least one state")
	}
	edges := map[string][]edge{}
	for _, name := range sortedKeys(all.fields) {
		if utf8.RuneCountInString(name) > maxStateName {
			n.failf("/States", "The name of a state must have at most %d characters: %s", maxStateName, name)
		}
		sn := n.node("/States/"+name, all.fields[name])
		d.states[name] = sn.state(name)
		edges[name] = sn.edges()
	}
	d.start = d.states[start]
	d.checkTransitions(n.problems, start, edges)
}

func seconds(n int) time.Duration { return time.Duration(n) * time.Second }

func (n *node) state(name string) *state {
	st := &state{name: name, kind: n.text("Type")}
	n.text("Comment")
	read, ok := kinds[st.kind]
	switch {
	case !n.has("Type"):
		n.require("Type")
		return st
	case !ok:
		n.failf(n.where("Type"), "The embedded cloud does not implement the state type '%s'", st.kind)
		return st
	}
	if st.kind == "Task" || st.kind == "Pass" || st.kind == "Wait" {
		st.next = n.text("Next")
		if end := n.flag("End"); n.has("Next") == end {
			n.failf(n.at, "Exactly one of the fields Next and End: true is required")
		}
	}
	if st.kind == "Task" || st.kind == "Pass" {
		st.parameters = n.template("Parameters")
		st.result = n.resultPath()
	}
	st.work = read(n, st)
	n.close()
	return st
}

func (n *node) resultPath() dataPath {
	if v, ok := n.take("ResultPath"); ok && v == nil {
		return dataPath{null: true}
	}
	to := dataPath{path: n.path("ResultPath")}
	isIndex := func(step jp.Frag) bool { _, ok := step.(jp.Nth); return ok }
	if to.path != nil && (to.path.context || slices.ContainsFunc(to.path.expr, isIndex)) {
		n.failf(n.where("ResultPath"), "ResultPath cannot be in the context object; the embedded cloud does not implement indexes in it")
	}
	return to
}

// edge is a transition out of a state, and where it is written.
type edge struct{ field, at, to string }

func (n *node) edges() []edge {
	var list []edge
	add := func(fields map[string]any, name, at string) {
		if to, ok := fields[name].(string); ok {
			list = append(list, edge{name, at + "/" + name, to})
		}
	}
	add(n.fields, "Next", n.at)
	add(n.fields, "Default", n.at)
	for _, field := range []string{"Choices", "Catch"} {
		rules, _ := n.fields[field].([]any)
		for i, rule := range rules {
			object, _ := rule.(map[string]any)
			add(object, "Next", n.item(field, i))
		}
	}
	return list
}

// checkTransitions refuses transitions to states that do not exist, and states that cannot be reached.
func (d *definition) checkTransitions(p *problems, start string, edges map[string][]edge) {
	if start != "" && d.start == nil {
		p.addf(missingTarget, "/StartAt", "Missing 'Next' target: %s", start)
	}
	reached := map[string]bool{start: true}
	queue := []string{start}
	for len(queue) > 0 {
		name := queue[0]
		queue = queue[1:]
		for _, e := range edges[name] {
			if !reached[e.to] {
				reached[e.to] = true
				queue = append(queue, e.to)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(d.states)) {
		for _, e := range edges[name] {
			if d.states[e.to] == nil {
				p.addf(missingTarget, e.at, "Missing '%s' target: %s", e.field, e.to)
			}
		}
		if !reached[name] {
			p.addf(missingTarget, "/States/"+name, "State \"%s\" is not reachable.", name)
		}
	}
}
