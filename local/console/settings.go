package console

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Settings say what a page shows of the deployed program.
type Settings struct {
	Record Record `json:"record"`
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
	s := Settings{Record: Record{Name: "request", ID: "requestId"}}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&s); err != nil {
		return s, fmt.Errorf("reading the settings of the console: %w", err)
	}
	return s, nil
}
