package dynamodb

import (
	"errors"
	"slices"
)

// keyCondition selects one partition, and an interval of its range keys.
type keyCondition struct {
	partition       position // skey counts not
	low, high       string   // in sortable encoding
	lowOut, highOut bool     // the bound itself is outside
	bounded         bool     // high counts
}

func (k keyCondition) below(skey string) bool { return skey < k.low || k.lowOut && skey == k.low }

func (k keyCondition) above(skey string) bool {
	return k.bounded && (skey > k.high || k.highOut && skey == k.high)
}

// keyTerm is one condition on one key attribute: op and its constants.
type keyTerm struct {
	name   string
	op     string
	values []Value
}

var keyOperators = []string{"=", "<", "<=", ">", ">=", "BETWEEN", "begins_with"}

func errKeyCondition() error {
	return invalid("KeyConditionExpression must be PARTITIONKEY = :value, and optionally AND one condition on the sort key; "+
		"each compares a key attribute with values, by one of %q", keyOperators)
}

// mirrored is what a comparison becomes when its sides change places.
var mirrored = map[string]string{"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}

// keyTerms takes a key condition expression apart.
func keyTerms(n *node) ([]keyTerm, error) {
	if n.op == "AND" {
		left, err1 := keyTerms(n.args[0])
		right, err2 := keyTerms(n.args[1])
		return append(left, right...), errors.Join(err1, err2)
	}
	op, key, rest := n.op, n.args[0], n.args[1:]
	if other := mirrored[op]; other != "" && key.op == "value" {
		op, key, rest = other, n.args[1], n.args[:1]
	}
	if !slices.Contains(keyOperators, op) || key.op != "path" || len(key.path) > 1 {
		return nil, errKeyCondition()
	}
	t := keyTerm{name: key.path[0], op: op}
	for _, arg := range rest {
		if arg.op != "value" {
			return nil, errKeyCondition()
		}
		t.values = append(t.values, arg.value)
	}
	return []keyTerm{t}, nil
}

// bind applies the terms to a table's key.
func (s schema) bind(terms []keyTerm) (keyCondition, error) {
	byName := map[string]keyTerm{}
	for _, t := range terms {
		byName[t.name] = t
	}
	hash, ok := byName[s.Hash.Name]
	if !ok {
		return keyCondition{}, invalid("Query condition missed key schema element: %s", s.Hash.Name)
	}
	sort, sorted := byName[s.Range.Name]
	if hash.op != "=" || len(terms) > 2 || len(byName) < len(terms) || len(terms) > 1 && !sorted {
		return keyCondition{}, errKeyCondition()
	}
	for a, t := range map[keyAttribute]keyTerm{s.Hash: hash, s.Range: sort} {
		for _, v := range t.values {
			if v.Type() != a.Type {
				return keyCondition{}, invalid("One or more parameter values were invalid: Condition parameter type does not match schema type")
			}
			if err := checkKeyValue(a, v, a == s.Hash); err != nil {
				return keyCondition{}, err
			}
		}
	}
	pkey := sortable(hash.values[0])
	k := keyCondition{partition: position{hash: partition(pkey), pkey: pkey}}
	if sorted {
		k.restrict(sort)
	}
	return k, nil
}

// restrict narrows the interval to what a condition on the range key allows.
func (k *keyCondition) restrict(t keyTerm) {
	a := sortable(t.values[0])
	switch t.op {
	case "=":
		k.low, k.high, k.bounded = a, a, true
	case "<", "<=":
		k.high, k.bounded, k.highOut = a, true, t.op == "<"
	case ">", ">=":
		k.low, k.lowOut = a, t.op == ">"
	case "BETWEEN":
		k.low, k.high, k.bounded = a, sortable(t.values[1]), true
	case "begins_with":
		k.low, k.highOut = a, true
		k.high, k.bounded = successor(a)
	}
}

// successor is the least string greater than all that begin with prefix; false if there is none.
func successor(prefix string) (string, bool) {
	b := []byte(prefix)
	for i := len(b) - 1; i >= 0; i-- {
		if b[i] < 0xff {
			b[i]++
			return string(b[:i+1]), true
		}
	}
	return "", false
}
