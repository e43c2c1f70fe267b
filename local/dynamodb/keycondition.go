package dynamodb

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

// keyTerms takes a key condition expression apart. What a key condition cannot be is refused before the
// table's schema is known, as DynamoDB does.
func keyTerms(n *node) ([]keyTerm, error) {
	var terms []keyTerm
	seen := map[string]bool{}
	for _, c := range conjuncts(n) {
		switch c.op {
		case "=", "<", "<=", ">", ">=", "BETWEEN", "begins_with":
		default:
			return nil, invalid("Invalid operator used in KeyConditionExpression: %s", c.op)
		}
		t, err := newKeyTerm(c)
		if err != nil {
			return nil, err
		}
		if seen[t.name] {
			return nil, invalid("KeyConditionExpressions must only contain one condition per key")
		}
		seen[t.name] = true
		terms = append(terms, t)
	}
	if len(terms) > 2 {
		return nil, invalid("Conditions can be of length 1 or 2 only")
	}
	return terms, nil
}

func conjuncts(n *node) []*node {
	if n.op == "AND" {
		return append(conjuncts(n.args[0]), conjuncts(n.args[1])...)
	}
	return []*node{n}
}

// mirrored is what a comparison becomes when its sides change places.
var mirrored = map[string]string{"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}

func newKeyTerm(c *node) (keyTerm, error) {
	const fault = "Invalid condition in KeyConditionExpression: "
	t := keyTerm{op: c.op}
	for i, arg := range c.args {
		switch {
		case arg.call:
			return t, invalid("KeyConditionExpressions cannot contain nested operations")
		case arg.op == "value":
			t.values = append(t.values, arg.value)
		case len(arg.path) > 1:
			return t, invalid("KeyConditionExpressions cannot have conditions on nested attributes")
		case t.name != "":
			return t, invalid(fault + "Multiple attribute names used in one condition")
		case i > 0 && mirrored[c.op] == "":
			return t, invalid(fault+"%s operator must have the key attribute as its first operand", c.op)
		default:
			t.name = arg.path[0].name
			if i > 0 {
				t.op = mirrored[c.op]
			}
		}
	}
	if t.name == "" {
		return t, invalid(fault + "No key attribute specified")
	}
	return t, nil
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
	switch {
	case hash.op != "=" || len(terms) > 1 && s.Range.Name == "":
		return keyCondition{}, invalid("Query key condition not supported")
	case len(terms) > 1 && !sorted:
		return keyCondition{}, invalid("Query condition missed key schema element: %s", s.Range.Name)
	}
	for _, t := range []struct {
		keyTerm
		keyAttribute
	}{{hash, s.Hash}, {sort, s.Range}} {
		for _, v := range t.values {
			if v.Type() != t.Type {
				return keyCondition{}, invalid("One or more parameter values were invalid: Condition parameter type does not match schema type")
			}
			if err := checkKeyValue(t.keyAttribute, v, t.keyAttribute == s.Hash); err != nil {
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
