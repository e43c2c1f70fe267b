package dynamodb

import (
	"cmp"
	"errors"
	"hash/fnv"
	"slices"
)

const (
	maxHashKey  = 2048 // bytes
	maxRangeKey = 1024
)

// keyAttribute is one attribute of the primary key; Type is S, N or B.
type keyAttribute struct{ Name, Type string }

// schema is a table's primary key. The range key's name is empty in a table without one.
type schema struct{ Hash, Range keyAttribute }

func (s schema) attributes() []keyAttribute {
	if s.Range.Name == "" {
		return []keyAttribute{s.Hash}
	}
	return []keyAttribute{s.Hash, s.Range}
}

func (s schema) isKey(name string) bool {
	return name == s.Hash.Name || name != "" && name == s.Range.Name
}

// position is where an item is in its table: ordered by the hash of its partition key, as DynamoDB spreads
// partitions, then by partition key, then in order of the range key. Both keys are in sortable encoding.
type position struct {
	hash       uint64
	pkey, skey string
}

func (p position) compare(q position) int {
	return cmp.Or(cmp.Compare(p.hash, q.hash), cmp.Compare(p.pkey, q.pkey), cmp.Compare(p.skey, q.skey))
}

func partition(key string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(key))
	// FNV leaves short keys close together; the finaliser of MurmurHash3 spreads them over the whole range.
	x := h.Sum64()
	x = (x ^ x>>33) * 0xff51afd7ed558ccd
	x = (x ^ x>>33) * 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}

// sortable encodes a key value so that byte order is DynamoDB's order.
func sortable(v Value) string {
	switch v := v.(type) {
	case Number:
		return v.sortable()
	case String:
		return string(v)
	case Binary:
		return string(v)
	}
	panic("dynamodb: a key of type " + v.Type())
}

// keyPosition checks the Key of a request: exactly the key attributes, of the right types.
func (s schema) keyPosition(key Map) (position, error) {
	attributes := s.attributes()
	if len(key) != len(attributes) {
		return position{}, errKeySchema
	}
	for _, a := range attributes {
		if v, ok := key[a.Name]; !ok || v.Type() != a.Type {
			return position{}, errKeySchema
		}
	}
	return s.locate(key)
}

var errKeySchema = invalid("The provided key element does not match the schema")

func (s schema) itemPosition(item Map) (position, error) {
	for _, a := range s.attributes() {
		v, ok := item[a.Name]
		if !ok {
			return position{}, invalid("One or more parameter values were invalid: Missing the key %s in the item", a.Name)
		}
		if v.Type() != a.Type {
			return position{}, invalid("One or more parameter values were invalid: Type mismatch for key %s expected: %s actual: %s",
				a.Name, a.Type, v.Type())
		}
	}
	return s.locate(item)
}

// locate expects the key attributes present and of the right types.
func (s schema) locate(item Map) (position, error) {
	for _, a := range s.attributes() {
		if err := checkKeyValue(a, item[a.Name], a == s.Hash); err != nil {
			return position{}, err
		}
	}
	p := position{pkey: sortable(item[s.Hash.Name])}
	p.hash = partition(p.pkey)
	if s.Range.Name != "" {
		p.skey = sortable(item[s.Range.Name])
	}
	return p, nil
}

func checkKeyValue(a keyAttribute, v Value, hash bool) error {
	if a.Type == "N" {
		return nil
	}
	n := size(v)
	switch {
	case n == 0:
		return invalid("The key attribute %s must not be empty", a.Name)
	case hash && n > maxHashKey:
		return invalid("The partition key %s must have at most %d bytes, got %d", a.Name, maxHashKey, n)
	case !hash && n > maxRangeKey:
		return invalid("The sort key %s must have at most %d bytes, got %d", a.Name, maxRangeKey, n)
	}
	return nil
}

func (s schema) keyOf(item Map) Map {
	key := Map{}
	for _, a := range s.attributes() {
		key[a.Name] = item[a.Name]
	}
	return key
}

// keyTerm is one condition on one key attribute: op and its constants.
type keyTerm struct {
	name   string
	op     string
	values []Value
}

var keyOperators = []string{"=", "<", "<=", ">", ">=", "BETWEEN", "begins_with"}

var errKeyCondition = invalid("KeyConditionExpression must be PARTITIONKEY = :value, and optionally AND one condition on the sort key; "+
	"each compares a key attribute with values, by one of %q", keyOperators)

func keyTerms(n *node) ([]keyTerm, error) {
	if n.op == "AND" {
		left, err1 := keyTerms(n.args[0])
		right, err2 := keyTerms(n.args[1])
		return append(left, right...), errors.Join(err1, err2)
	}
	key := n.args[0]
	if !slices.Contains(keyOperators, n.op) || key.op != "name" {
		return nil, errKeyCondition
	}
	t := keyTerm{name: key.name, op: n.op}
	for _, arg := range n.args[1:] {
		if arg.op != "value" {
			return nil, errKeyCondition
		}
		t.values = append(t.values, arg.value)
	}
	return []keyTerm{t}, nil
}

// bind checks the terms of a key condition, and returns the start of the partition that they select.
func (s schema) bind(terms []keyTerm) (position, error) {
	byName := map[string]keyTerm{}
	for _, t := range terms {
		byName[t.name] = t
	}
	hash, ok := byName[s.Hash.Name]
	if !ok {
		return position{}, invalid("Query condition missed key schema element: %s", s.Hash.Name)
	}
	sort, sorted := byName[s.Range.Name]
	if hash.op != "=" || len(terms) > 2 || len(byName) < len(terms) || len(terms) > 1 && !sorted {
		return position{}, errKeyCondition
	}
	for a, t := range map[keyAttribute]keyTerm{s.Hash: hash, s.Range: sort} {
		for _, v := range t.values {
			if v.Type() != a.Type {
				return position{}, invalid("One or more parameter values were invalid: Condition parameter type does not match schema type")
			}
			if err := checkKeyValue(a, v, a == s.Hash); err != nil {
				return position{}, err
			}
		}
	}
	pkey := sortable(hash.values[0])
	return position{hash: partition(pkey), pkey: pkey}, nil
}
