package dynamodb

import (
	"slices"
	"strings"
)

var updateFunctions = map[string]int{"if_not_exists": 2, "list_append": 2}

// action is one action of an update expression. Verb is SET, REMOVE, ADD or DELETE.
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
	for _, verb := range []string{"SET", "REMOVE", "ADD", "DELETE"} {
		if p.accept(verb) {
			return verb
		}
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
	case "ADD", "DELETE":
		a.value = p.placeholder()
		p.operators++
		if t := typeOf(a.value); t != "" && (t == "N" && verb == "DELETE" || t != "N" && !isSetType(t)) {
			p.fail("Incorrect operand type for operator or function; operator: %s, operand type: %s", verb, longTypeNames[t])
		}
	}
	return a
}

var longTypeNames = map[string]string{
	"S": "STRING", "N": "NUMBER", "B": "BINARY", "NULL": "NULL", "BOOL": "BOOLEAN", "L": "LIST", "M": "MAP",
}

func isSetType(t string) bool { return t == "SS" || t == "NS" || t == "BS" }

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

// checkPaths refuses paths of which one contains another, or that take one value for a list and a map.
func (p *parser) checkPaths(paths []path) {
	const conflict = "Two document paths %s with each other; must remove or rewrite one of these paths; path one: %s, path two: %s"
	for i, one := range paths {
		for _, two := range paths[i+1:] {
			switch at := divergence(one, two); {
			case at == min(len(one), len(two)):
				p.fail(conflict, "overlap", one, two)
			case (one[at].name == "") != (two[at].name == ""):
				p.fail(conflict, "conflict", one, two)
			}
		}
	}
}

// divergence is how many steps two paths have in common at their start.
func divergence(one, two path) int {
	for i := range min(len(one), len(two)) {
		if one[i] != two[i] {
			return i
		}
	}
	return min(len(one), len(two))
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
		if s.isKey(a.path[0].name) {
			return invalid("One or more parameter values were invalid: Cannot update attribute %s. This attribute is part of the key", a.path[0].name)
		}
	}
	return nil
}

// inOrder sorts actions so that elements set beyond the end of a list are appended in order of their index.
func (u update) inOrder() update {
	sorted := slices.Clone(u)
	slices.SortStableFunc(sorted, func(a, b action) int {
		return slices.CompareFunc(a.path, b.path, func(s, t step) int {
			if c := strings.Compare(s.name, t.name); c != 0 {
				return c
			}
			return s.index - t.index
		})
	})
	return sorted
}
