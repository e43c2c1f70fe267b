package cloudwatch

import (
	"fmt"
	"go/parser"
	"regexp"
	"strconv"
	"strings"
)

// rule is the parsed rule of a composite alarm: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
type rule struct {
	formula  formula // of the terms: t0 is the first one
	terms    []ruleTerm
	children map[string]bool // names of alarms
}

// ruleTerm is true if an alarm is in a state.
type ruleTerm struct{ state, alarm string }

var (
	ruleTerms = regexp.MustCompile(`\b(ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*("[^"]*"|[^\s()"]+)\s*\)`)
	ruleWords = regexp.MustCompile(`\b(AND|OR|NOT|TRUE|FALSE)\b`)
	goWords   = map[string]string{"AND": "&&", "OR": "||", "NOT": "!", "TRUE": "1", "FALSE": "0"}
)

// parseRule parses a rule such as ALARM("a") OR NOT (OK(b) AND TRUE), as a Go expression. AND binds stronger than OR.
func parseRule(text string) (*rule, error) {
	if rest := ruleWords.ReplaceAllString(ruleTerms.ReplaceAllString(text, ""), ""); strings.Trim(rest, " \t\r\n()") != "" {
		return nil, fmt.Errorf("the alarm rule has %q where ALARM, OK, INSUFFICIENT_DATA, TRUE, FALSE, NOT, AND, OR, ( or ) is expected", rest)
	}
	r := &rule{children: map[string]bool{}}
	expression := ruleTerms.ReplaceAllStringFunc(text, func(term string) string {
		m := ruleTerms.FindStringSubmatch(term)
		t := ruleTerm{m[1], strings.TrimPrefix(strings.Trim(m[2], `"`), alarmARN(""))}
		r.terms, r.children[t.alarm] = append(r.terms, t), true
		return fmt.Sprintf(" t%d ", len(r.terms)-1)
	})
	tree, err := parser.ParseExpr(ruleWords.ReplaceAllStringFunc(expression, func(word string) string { return goWords[word] }))
	if err == nil {
		r.formula, err = build(tree, &[]string{})
	}
	if err != nil || len(r.children) > 100 {
		return nil, fmt.Errorf("the alarm rule must be an expression of at most 100 alarms: %s", text)
	}
	return r, nil
}

// eval returns the rule's value, given the state of each alarm by name.
func (r *rule) eval(state func(name string) string) bool {
	v, _ := r.formula(func(id string) (float64, bool) {
		n, _ := strconv.Atoi(id[1:])
		return truth(state(r.terms[n].alarm) == r.terms[n].state), true
	})
	return v != 0
}
