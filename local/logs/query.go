package logs

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

type table struct {
	rows    []row
	shown   []string // fields that the query chose; nil for the default
	grouped bool     // the rows are no events any more
}

func (t *table) results() [][]resultField {
	results := [][]resultField{}
	if t.shown == nil {
		t.shown = []string{"@timestamp", "@message"}
	}
	if !t.grouped {
		t.shown = append(t.shown, "@ptr")
	}
	for _, r := range t.rows[:min(len(t.rows), maxQueryRows)] {
		fields := []resultField{}
		for _, name := range t.shown {
			if v, ok := r[name]; ok {
				fields = append(fields, resultField{name, v})
			}
		}
		results = append(results, fields)
	}
	return results
}

// The parts of a query: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
var (
	command   = regexp.MustCompile(`^\s*(\w+)\s+((?:"[^"]*"|[^|"])*)(\||$)`)
	fieldItem = regexp.MustCompile(`^\s*(@?[\w.]+)(?:\s+as\s+(\w+))?\s*$`)
	sorting   = regexp.MustCompile(`^(@?[\w.]+)(?:\s+(asc|desc))?$`)
	// comparing is a condition of a filter, and the "and" after it: ispresent(1), or a field 2 that is = or like 4.
	comparing = regexp.MustCompile(`^\s*(?:ispresent\(\s*(@?[\w.]+)\s*\)|(@?[\w.]+)\s*(=|(?i:like)\b)\s*("[^"\\]*"|-?[\d.]+))\s*((?i:and)\b|$)`)
	counting  = regexp.MustCompile(`^count\(\*\)(?:\s+as\s+(\w+))?(?:\s+by\s+(.+))?$`)
)

func malformed(part string) error {
	return refuse("MalformedQueryException", "The embedded cloud does not implement this part of a query: %q. It has fields, filter "+
		"(=, like, ispresent, and), sort, limit and stats count(*) by.", part)
}

// parseQuery returns the commands of a query, to be run in order.
func parseQuery(text string) (commands []func(*table), err error) {
	for rest, more := text, "|"; more != ""; {
		m := command.FindStringSubmatch(rest)
		if m == nil {
			return nil, malformed(rest)
		}
		run, err := parseCommand(m[1], strings.TrimSpace(m[2]))
		if err != nil {
			return nil, err
		}
		commands = append(commands, run)
		rest, more = rest[len(m[0]):], m[3]
	}
	return commands, nil
}

func parseCommand(name, text string) (func(*table), error) {
	switch name {
	case "fields":
		items, err := parseFields(text)
		return func(t *table) {
			for _, item := range items {
				as := cmp.Or(item[2], item[1])
				t.shown = append(t.shown, as)
				for _, r := range t.rows {
					if v, ok := r[item[1]]; ok {
						r[as] = v
					}
				}
			}
		}, err
	case "filter":
		return parseFilter(text)
	case "sort":
		if m := sorting.FindStringSubmatch(text); m != nil {
			return func(t *table) {
				slices.SortStableFunc(t.rows, func(a, b row) int {
					if m[2] == "desc" {
						a, b = b, a
					}
					return compare(a[m[1]], b[m[1]])
				})
			}, nil
		}
	case "limit":
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > maxQueryRows {
			return nil, malformed("limit " + text)
		}
		return func(t *table) { t.rows = t.rows[:min(n, len(t.rows))] }, nil
	case "stats":
		if m := counting.FindStringSubmatch(text); m != nil {
			return parseStats(cmp.Or(m[1], "count(*)"), m[2])
		}
	}
	return nil, malformed(name + " " + text)
}

// parseFilter reads conditions joined by "and".
func parseFilter(text string) (func(*table), error) {
	var all []func(row) bool
	for rest, and := text, text; and != ""; {
		m := comparing.FindStringSubmatch(rest)
		if m == nil {
			return nil, malformed("filter " + rest)
		}
		field, want := m[1]+m[2], strings.Trim(m[4], `"`)
		all = append(all, func(r row) bool {
			v, ok := r[field]
			switch m[3] {
			case "":
				return ok
			case "=":
				return ok && compare(v, want) == 0
			}
			return strings.Contains(v, want)
		})
		rest, and = rest[len(m[0]):], m[5]
	}
	return func(t *table) {
		t.rows = slices.DeleteFunc(t.rows, func(r row) bool {
			return slices.ContainsFunc(all, func(holds func(row) bool) bool { return !holds(r) })
		})
	}, nil
}

// compare compares numbers as such, and anything else as text.
func compare(a, b string) int {
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	if errX == nil && errY == nil {
		return cmp.Compare(x, y)
	}
	return strings.Compare(a, b)
}

func parseFields(text string) (items [][]string, err error) {
	for part := range strings.SplitSeq(text, ",") {
		m := fieldItem.FindStringSubmatch(part)
		if m == nil {
			return nil, malformed(part)
		}
		items = append(items, m)
	}
	return items, nil
}

func parseStats(as, by string) (func(*table), error) {
	var items [][]string
	var err error
	if by != "" {
		items, err = parseFields(by)
	}
	return func(t *table) {
		groups, counts := map[string]row{}, map[string]int{}
		for _, r := range t.rows {
			group := row{}
			for _, item := range items {
				if v, ok := r[item[1]]; ok {
					group[item[1]] = v
				}
			}
			key := fmt.Sprintf("%q", group) // in the order of names
			groups[key] = group
			counts[key]++
		}
		t.rows, t.shown, t.grouped = nil, nil, true
		for _, item := range items {
			t.shown = append(t.shown, item[1])
		}
		t.shown = append(t.shown, as)
		for _, key := range slices.Sorted(maps.Keys(groups)) {
			groups[key][as] = strconv.Itoa(counts[key])
			t.rows = append(t.rows, groups[key])
		}
	}, err
}
