package dynamodb

import "slices"

var updateFunctions = map[string]int{"if_not_exists": 2, "list_append": 2}

// action is one action of an update expression. Verb is SET, REMOVE or ADD; DELETE, for sets, is not implemented.
type action struct {
	verb  string
	path  path
	value *node // nil for REMOVE
}

type update []action

// parseUpdate reads an update expression.
//
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html
func parseUpdate(src string, sc *scope) (update, error) {
	return parse("UpdateExpression", src, sc, updateFunctions, func(p *parser) update {
		p.inner = p.sum
		var actions update
		seen := map[string]bool{}
		for p.peek().kind != tokenEnd {
			verb := p.verb()
			if seen[verb] {
				p.fail("The %q section can only be used once in an update expression;", verb)
			}
			seen[verb] = true
			for {
				actions = append(actions, p.action(verb))
				if !p.accept(",") {
					break
				}
			}
		}
		p.checkPaths(actions.paths())
		return actions
	})
}

func (p *parser) verb() string {
	for _, verb := range []string{"SET", "REMOVE", "ADD"} {
		if p.accept(verb) {
			return verb
		}
	}
	if p.peek().is("DELETE") {
		p.fail("The embedded cloud does not implement DELETE, which works on sets")
	}
	p.syntax()
	return ""
}

func (p *parser) action(verb string) action {
	a := action{verb: verb, path: p.path()}
	switch verb {
	case "SET":
		p.expect("=")
		a.value = p.sum()
	case "ADD":
		a.value = p.placeholder()
		p.operators++
		if t := a.value.value.Type(); t != "N" {
			p.fail("Incorrect operand type for operator or function; operator: ADD, operand type: %s", t)
		}
	}
	return a
}

// sum is what SET assigns: an operand, or the sum or difference of two.
func (p *parser) sum() *node {
	x := p.primary()
	for _, op := range []string{"+", "-"} {
		if !p.peek().is(op) {
			continue
		}
		p.operand(x)
		p.advance()
		n := p.operator(op, x, p.operand(p.primary()))
		for _, arg := range n.args {
			if t := typeOf(arg); t != "" && t != "N" {
				p.fail("Incorrect operand type for operator or function; operator or function: %s, operand type: %s", op, t)
			}
		}
		return n
	}
	return x
}

// checkPaths refuses two paths if one contains the other.
func (p *parser) checkPaths(paths []path) {
	for i, one := range paths {
		for _, two := range paths[i+1:] {
			if n := min(len(one), len(two)); slices.Equal(one[:n], two[:n]) {
				p.fail("Two document paths overlap with each other; must remove or rewrite one of these paths; path one: %s, path two: %s", one, two)
			}
		}
	}
}

func (u update) paths() []path {
	paths := make([]path, len(u))
	for i, a := range u {
		paths[i] = a.path
	}
	return paths
}

// checkKeys refuses to change the primary key.
func (u update) checkKeys(s schema) error {
	for _, a := range u {
		if s.isKey(a.path[0]) {
			return invalid("One or more parameter values were invalid: Cannot update attribute %s. This attribute is part of the key", a.path[0])
		}
	}
	return nil
}
