package console

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Settings say what a page shows of the deployed program.
type Settings struct {
	Record Record `json:"record"`
	// Token are claims of the tokens with which the page calls APIs that need one, such as "scope". Default: only "sub", "console".
	Token map[string]any `json:"token"`
	// Requests are offered by the page.
	Requests []Request `json:"requests"`
}

// Record is what the program processes, such as an order. Functions log JSON lines about it.
type Record struct {
	// Name is a word for one, such as "order". Default "request".
	Name string `json:"name"`
	// ID is the key of its id in log lines and in annotations of traces, in camel case. Default "requestId".
	ID string `json:"id"`
	// Search are further keys of log lines by which one is found, such as "accountId".
	Search []string `json:"search"`
}

// Request is a request to a deployed API.
type Request struct {
	Title string `json:"title"`
	// Component is the type of the component whose API it is for, such as order-patterns:components:FanOut.
	Component string `json:"component"`
	Method    string `json:"method"`
	Path      string `json:"path"`
	// Body is JSON. In its strings, {id} is replaced by a new id for each request, and {n} by its number, from 1.
	Body json.RawMessage `json:"body"`
	// First are requests that must be answered before, such as one that fills an account. They are sent once, not for each.
	First []Request `json:"first,omitempty"`
}

// ReadSettings parses JSON and adds defaults.
func ReadSettings(text []byte) (Settings, error) {
	var s Settings
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(&s)
	if err == nil {
		for i, r := range s.Requests {
			err = errors.Join(err, r.check(fmt.Sprintf("requests[%d]", i), true))
		}
	}
	if err != nil {
		return s, fmt.Errorf("reading the settings of the console: %w", err)
	}
	return s.withDefaults(), nil
}

func (s Settings) withDefaults() Settings {
	s.Record.Name, s.Record.ID = cmp.Or(s.Record.Name, "request"), cmp.Or(s.Record.ID, "requestId")
	if s.Record.Search == nil {
		s.Record.Search = []string{}
	}
	if s.Token == nil {
		s.Token = map[string]any{"sub": "console"}
	}
	return s
}

func (r *Request) check(at string, offered bool) (err error) {
	if offered && (r.Title == "" || r.Component == "") {
		err = fmt.Errorf("%s: title and component are required", at)
	}
	if !slices.Contains([]string{"GET", "POST", "PUT", "PATCH", "DELETE"}, r.Method) || !strings.HasPrefix(r.Path, "/") {
		err = errors.Join(err, fmt.Errorf("%s: must have a method, such as POST, and a path that begins with /, got %q and %q", at, r.Method, r.Path))
	}
	for i, first := range r.First {
		err = errors.Join(err, first.check(fmt.Sprintf("%s.first[%d]", at, i), false))
	}
	return err
}
