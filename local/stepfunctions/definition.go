package stepfunctions

import (
	"time"
	"unicode/utf8"
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

// state is one state of any type.
type state struct {
	name, kind string
	next       string // empty at an end, and in a Choice
	parameters template
	selector   template
	input      filter
	output     filter
	result     resultPath
	work       work
	retriers   []retrier
	catchers   []catcher
}

// work is what a type of state does with its input, once InputPath and Parameters made it.
type work interface {
	do(*visit, any) (any, error)
}

// filter is InputPath or OutputPath. Without a path it lets all through, or, if none is set, nothing.
type filter struct {
	path *path
	none bool
}

// resultPath is where the result goes: all over the input if path is nil, or nowhere.
type resultPath struct {
	path    *path
	discard bool
}

// kinds read the types of states. Parallel and Map are refused by name.
var kinds = map[string]func(*node, *state) work{
	"Task": readTask, "Pass": readPass, "Choice": readChoice, "Wait": readWait, "Succeed": readSucceed, "Fail": readFail,
}

// parseDefinition reads a definition. Its error is AWS's InvalidDefinition, which names all that is wrong with it.
func parseDefinition(text string) (*definition, error) {
	r := &reader{}
	d := &definition{states: map[string]*state{}}
	v, err := parseData(text)
	switch _, isObject := v.(map[string]any); {
	case len(text) > maxDefinition:
		r.failf("/", "Definition must be at most %d bytes", maxDefinition)
	case err != nil:
		r.problemf("INVALID_JSON_DESCRIPTION", "/", "%v", err)
	case !isObject:
		r.failf("/", "Definition must be a valid JSON object")
	default:
		r.definition(d, r.node("/", v))
	}
	return d, r.err()
}

func (r *reader) definition(d *definition, n *node) {
	n.require("States", "StartAt")
	start := n.text("StartAt")
	n.text("Comment")
	if v := n.text("Version"); v != "" && v != "1.0" {
		n.failf("/Version", "Version must be 1.0")
	}
	n.queryLanguage()
	d.timeout = seconds(n.integer("TimeoutSeconds", 1, maxSeconds, 0))
	states, _ := n.take("States")
	n.close()
	if states == nil {
		return
	}
	all := r.node("/States", states)
	if all.fields != nil && len(all.fields) == 0 {
		r.failf("/States", "There must be at least one state")
	}
	edges := map[string][]edge{}
	for _, name := range sortedKeys(all.fields) {
		if utf8.RuneCountInString(name) > maxStateName {
			r.failf("/States", "The name of a state must have at most %d characters: %s", maxStateName, name)
		}
		sn := r.node("/States/"+name, all.fields[name])
		d.states[name] = sn.state(name)
		edges[name] = transitions(sn)
	}
	d.start = d.states[start]
	r.reach(d, start, edges)
}

func seconds(n int) time.Duration { return time.Duration(n) * time.Second }

func (n *node) queryLanguage() {
	if language := n.text("QueryLanguage"); n.has("QueryLanguage") && language != "JSONPath" {
		n.failf(n.where("QueryLanguage"), "The embedded cloud does not implement the query language '%s', only JSONPath", language)
	}
}

func (n *node) state(name string) *state {
	st := &state{name: name, kind: n.text("Type")}
	n.text("Comment")
	n.queryLanguage()
	read, ok := kinds[st.kind]
	switch {
	case !n.has("Type"):
		n.require("Type")
		return st
	case st.kind == "Parallel" || st.kind == "Map":
		n.failf(n.where("Type"), "The embedded cloud does not implement the state type '%s'", st.kind)
		return st
	case !ok:
		n.failf(n.where("Type"), "Value is not a valid state type: '%s'", st.kind)
		return st
	}
	n.refuse("Assign", "Output", "Arguments")
	if st.kind != "Fail" {
		st.input, st.output = n.filter("InputPath"), n.filter("OutputPath")
	}
	if st.kind == "Task" || st.kind == "Pass" || st.kind == "Wait" {
		n.transition(st)
	}
	if st.kind == "Task" || st.kind == "Pass" {
		st.parameters = n.template("Parameters")
		st.result = n.resultPath()
	}
	st.work = read(n, st)
	n.close()
	return st
}

// transition takes exactly one of Next and End.
func (n *node) transition(st *state) {
	st.next = n.text("Next")
	end := n.flag("End")
	if n.has("Next") == end {
		n.failf(n.at, "Exactly one of the fields Next and End: true is required")
	}
}

func (n *node) filter(name string) filter {
	if v, ok := n.take(name); ok && v == nil {
		return filter{none: true}
	}
	return filter{path: n.path(name)}
}

func (n *node) resultPath() resultPath {
	if v, ok := n.take("ResultPath"); ok && v == nil {
		return resultPath{discard: true}
	}
	p := n.reference("ResultPath")
	if p != nil && p.context {
		n.failf(n.where("ResultPath"), "ResultPath cannot be in the context object")
	}
	return resultPath{path: p}
}

// edge is a way out of a state, and where it is written.
type edge struct{ field, at, to string }

// transitions are all ways out of a state.
func transitions(n *node) []edge {
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
			add(object, "Next", n.where(indexed(field, i)))
		}
	}
	return list
}

// reach refuses transitions to states that do not exist, and states to which there is no transition.
func (r *reader) reach(d *definition, start string, edges map[string][]edge) {
	if start != "" && d.start == nil {
		r.problemf(transition, "/StartAt", "Missing 'Next' target: %s", start)
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
	for _, name := range sortedNames(d.states) {
		for _, e := range edges[name] {
			if d.states[e.to] == nil {
				r.problemf(transition, e.at, "Missing '%s' target: %s", e.field, e.to)
			}
		}
		if !reached[name] {
			r.problemf(transition, "/States/"+name, "State \"%s\" is not reachable.", name)
		}
	}
}
