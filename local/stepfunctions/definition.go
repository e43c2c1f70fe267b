package stepfunctions

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/order-patterns/order-patterns/local/internal/strictjson"
)

const (
	maxDefinition = 1 << 20  // bytes
	maxSeconds    = 99999999 // of any time in a definition
)

// definition is a state machine, ready to run: https://states-language.net/spec.html, with JSONPath.
type definition struct {
	Comment, StartAt string
	TimeoutSeconds   int // 0 for none
	States           map[string]*state
}

// state has the fields that states of any type have. A type's own are in stateTypes.
type state struct {
	name                       string
	do                         func(*visit, any) (any, error)
	Type, Comment              string
	Next                       string // empty at an end, and in a Choice
	End                        bool
	Parameters, ResultSelector template
	ResultPath                 resultPath
	Result                     json.RawMessage // of Pass; nil for none
	Resource                   string
	TimeoutSeconds             int // of Task; 0 for none
	Retry                      []retrier
	Catch                      []catcher
	Choices                    []rule
	Default                    string // empty if there is none
	Seconds                    int    // of Wait
	Error, Cause               string
	ErrorPath, CausePath       expression // nil if they are absent
}

// stateTypes are the types of states that the embedded cloud implements, with the fields of each but Type and Comment.
var stateTypes = map[string]struct {
	do                 func(*visit, any) (any, error)
	required, optional string
}{
	"Task":    {task, "Resource", "Next End Parameters ResultPath ResultSelector TimeoutSeconds Retry Catch"},
	"Pass":    {pass, "", "Next End Parameters ResultPath Result"},
	"Choice":  {choose, "Choices", "Default"},
	"Wait":    {wait, "Seconds", "Next End"},
	"Succeed": {succeed, "", ""},
	"Fail":    {fail, "", "Error ErrorPath Cause CausePath"},
}

// parseDefinition reads a definition. Its error is AWS's InvalidDefinition with the first thing that is wrong.
func parseDefinition(text string) (*definition, error) {
	d, err := decodeDefinition(text)
	if err != nil {
		return nil, refuse("InvalidDefinition", "Invalid State Machine Definition: '%v'", err)
	}
	return d, nil
}

func decodeDefinition(text string) (*definition, error) {
	if len(text) > maxDefinition {
		return nil, fmt.Errorf("it must be at most %d bytes", maxDefinition)
	}
	d := &definition{}
	states := struct {
		*definition
		States map[string]json.RawMessage
	}{definition: d}
	if err := strictjson.Decode(text, &states); err != nil {
		return nil, err
	}
	d.States = map[string]*state{}
	for _, name := range slices.Sorted(maps.Keys(states.States)) {
		st := &state{name: name}
		if err := st.decode(states.States[name]); err != nil {
			return nil, fmt.Errorf("%w at /States/%s", err, name)
		}
		d.States[name] = st
	}
	if d.States[d.StartAt] == nil {
		return nil, fmt.Errorf("missing target of StartAt: '%s'", d.StartAt)
	}
	for _, name := range slices.Sorted(maps.Keys(d.States)) {
		for _, target := range d.States[name].targets() {
			if d.States[target] == nil {
				return nil, fmt.Errorf("missing target '%s' at /States/%s", target, name)
			}
		}
	}
	return d, nil
}

func seconds(n int) time.Duration { return time.Duration(n) * time.Second }

func (st *state) decode(text []byte) error {
	var given map[string]json.RawMessage
	if err := json.Unmarshal(text, &given); err != nil {
		return err
	}
	_ = json.Unmarshal(given["Type"], &st.Type) // no text is no type
	kind, ok := stateTypes[st.Type]
	if !ok {
		return fmt.Errorf("the embedded cloud does not implement the state type '%s'", st.Type)
	}
	if err := checkFields(slices.Sorted(maps.Keys(given)), kind.required, kind.optional+" Type Comment"); err != nil {
		return err
	}
	if err := strictjson.Decode(text, st); err != nil {
		return err
	}
	st.do = kind.do
	switch {
	case strings.Contains(kind.optional, "Next") && (st.Next != "") == st.End:
		return errors.New("exactly one of the fields Next and End: true is required")
	case min(st.TimeoutSeconds, st.Seconds) < 0 || max(st.TimeoutSeconds, st.Seconds) > maxSeconds:
		return fmt.Errorf("a time must be from 0 to %d seconds", maxSeconds)
	case st.Type == "Task":
		return st.checkTask()
	}
	return nil
}

// checkFields refuses fields that are neither required nor optional, and required ones that are missing.
func checkFields(given []string, required, optional string) error {
	for _, name := range given {
		if !slices.Contains(strings.Fields(required+" "+optional), name) {
			return fmt.Errorf("the embedded cloud does not implement the field '%s'", name)
		}
	}
	for _, name := range strings.Fields(required) {
		if !slices.Contains(given, name) {
			return fmt.Errorf("the field '%s' is required but was missing", name)
		}
	}
	return nil
}

// targets are the names of the states that can follow.
func (st *state) targets() (names []string) {
	for _, name := range []string{st.Next, st.Default} {
		if name != "" {
			names = append(names, name)
		}
	}
	for i := range st.Choices {
		names = append(names, st.Choices[i].next)
	}
	for i := range st.Catch {
		names = append(names, st.Catch[i].Next)
	}
	return names
}
