package cloudwatch

import (
	"fmt"
	"regexp"
	"strings"
)

// rule is the parsed rule of a composite alarm. eval returns its value, given the state of each alarm by name.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
type rule struct {
	eval     func(state func(name string) string) bool
	children map[string]bool // names of alarms
}

type expression = func(state func(name string) string) bool

var ruleToken = regexp.MustCompile(`^\s*("[^"]*"|[()]|[^\s()"]+)`)

// parseRule parses a rule such as ALARM("a") OR NOT (OK(b) AND TRUE). AND binds stronger than OR.
func parseRule(text string) (*rule, error) {
	p := &ruleParser{rule: rule{children: map[string]bool{}}}
	for rest := text; strings.TrimSpace(rest) != ""; {
		m := ruleToken.FindStringSubmatch(rest)
		if m == nil {
			return nil, fmt.Errorf("the alarm rule has no closing quote: %s", rest)
		}
		p.tokens, rest = append(p.tokens, m[1]), rest[len(m[0]):]
	}
	p.rule.eval = p.or()
	switch {
	case p.err == nil && len(p.tokens) > 0:
		return nil, fmt.Errorf("the alarm rule continues after its end: %s", p.tokens[0])
	case p.err == nil && len(p.rule.children) > 100:
		return nil, fmt.Errorf("the alarm rule has %d alarms, at most 100 are allowed", len(p.rule.children))
	}
	return &p.rule, p.err
}

type ruleParser struct {
	rule   rule
	tokens []string
	err    error
}

// next takes a token; it is empty at the end.
func (p *ruleParser) next() string {
	if len(p.tokens) == 0 {
		return ""
	}
	token := p.tokens[0]
	p.tokens = p.tokens[1:]
	return token
}

func (p *ruleParser) accept(token string) bool {
	if len(p.tokens) == 0 || p.tokens[0] != token {
		return false
	}
	p.next()
	return true
}

func (p *ruleParser) expect(token string) {
	if !p.accept(token) && p.err == nil {
		p.err = fmt.Errorf("the alarm rule needs %s before %q", token, strings.Join(p.tokens, " "))
	}
}

func (p *ruleParser) or() expression {
	left := p.and()
	for p.accept("OR") {
		a, b := left, p.and()
		left = func(s func(string) string) bool { return a(s) || b(s) }
	}
	return left
}

func (p *ruleParser) and() expression {
	left := p.term()
	for p.accept("AND") {
		a, b := left, p.term()
		left = func(s func(string) string) bool { return a(s) && b(s) }
	}
	return left
}

func (p *ruleParser) term() expression {
	switch token := p.next(); token {
	case "NOT":
		inner := p.term()
		return func(s func(string) string) bool { return !inner(s) }
	case "(":
		inner := p.or()
		p.expect(")")
		return inner
	case "TRUE", "FALSE":
		return func(func(string) string) bool { return token == "TRUE" }
	case stateAlarm, stateOK, stateInsufficient:
		p.expect("(")
		name := strings.TrimPrefix(strings.Trim(p.next(), `"`), alarmARN(""))
		p.expect(")")
		p.rule.children[name] = true
		return func(s func(string) string) bool { return s(name) == token }
	default:
		if p.err == nil {
			p.err = fmt.Errorf("the alarm rule has %q where ALARM, OK, INSUFFICIENT_DATA, TRUE, FALSE, NOT or ( is expected", token)
		}
		return func(func(string) string) bool { return false }
	}
}
