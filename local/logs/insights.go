package logs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/wire"
)

const (
	maxQueryGroups = 50
	maxQueryRows   = 10_000
	// keptQueries is how many results are kept before they are dropped. AWS keeps them for 7 days.
	keptQueries = 100
)

type startQueryInput struct {
	LogGroupName                       string
	LogGroupNames, LogGroupIdentifiers []string
	QueryString                        string
	StartTime, EndTime                 int64 // seconds since 1970, both inclusive
}

type queryID struct {
	ID string `json:"queryId"`
}

type resultField struct {
	Field string `json:"field"`
	Value string `json:"value"`
}

type queryResults struct {
	Status  string          `json:"status"`
	Results [][]resultField `json:"results"`
}

// startQuery runs a query of Logs Insights at once.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartQuery.html
func (s *Service) startQuery(c *wire.Call, in *startQueryInput) (*queryID, error) {
	names := slices.Concat(in.LogGroupNames, in.LogGroupIdentifiers)
	if in.LogGroupName != "" {
		names = append(names, in.LogGroupName)
	}
	if len(names) == 0 || len(names) > maxQueryGroups {
		return nil, invalid("1 to %d log groups are required, got %d.", maxQueryGroups, len(names))
	}
	commands, err := parseQuery(in.QueryString)
	if err != nil {
		return nil, err
	}
	t := &table{}
	for _, name := range names {
		g, err := s.of(c, target{LogGroupIdentifier: name})
		if err != nil {
			return nil, err
		}
		for _, e := range g.find(s.now(), func(e *event) bool { return e.at >= in.StartTime*1000 && e.at < (in.EndTime+1)*1000 }) {
			t.rows = append(t.rows, e.row(g.name))
		}
	}
	slices.SortStableFunc(t.rows, func(a, b row) int { return strings.Compare(b["@timestamp"], a["@timestamp"]) })
	for _, run := range commands {
		run(t)
	}
	id := uuid.NewString()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queries) == keptQueries {
		clear(s.queries)
	}
	s.queries[id] = &queryResults{"Complete", t.results()}
	return &queryID{id}, nil
}

func (s *Service) getQueryResults(_ *wire.Call, in *queryID) (*queryResults, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return wire.Found(s.queries[in.ID], refuse("ResourceNotFoundException", "There is no query %s.", in.ID))
}

// row has the fields of an event: those that CloudWatch Logs adds, and those of a message that is JSON, with dots.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData-discoverable-fields.html
type row map[string]string

func (e *event) row(group string) row {
	at := func(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01-02 15:04:05.000") }
	r := row{}
	d := json.NewDecoder(bytes.NewReader([]byte(e.message)))
	d.UseNumber()
	var message map[string]any
	if d.Decode(&message) == nil {
		r.add("", message)
	}
	r["@timestamp"], r["@ingestionTime"], r["@message"], r["@logStream"] = at(e.at), at(e.arrived), e.message, e.stream.name
	r["@log"], r["@ptr"] = account.ID+":"+group, fmt.Sprintf("%s/%d", group, e.id)
	return r
}

func (r row) add(name string, v any) {
	switch v := v.(type) {
	case nil:
	case map[string]any:
		for key, inner := range v {
			r.add(strings.TrimPrefix(name+"."+key, "."), inner)
		}
	case []any:
		for i, inner := range v {
			r.add(name+"."+strconv.Itoa(i), inner)
		}
	default:
		r[name] = fmt.Sprint(v)
	}
}
