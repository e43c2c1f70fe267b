package dynamodb

import (
	"cmp"
	"hash/fnv"
	"slices"
)

const (
	maxHashKey  = 2048 // bytes
	maxRangeKey = 1024
)

// keyAttribute is one attribute of the primary key; Type is S or N.
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

// sortable encodes a value so that byte order is DynamoDB's order; false if values of its type have none.
func sortable(v Value) (string, bool) {
	switch v := v.(type) {
	case Number:
		return v.sortable(), true
	case String:
		return string(v), true
	}
	return "", false
}

// keyPosition checks the Key of a request: exactly the key attributes, of the right types.
func (s schema) keyPosition(key Map) (position, error) {
	if len(key) != len(s.attributes()) || s.checkTypes(key) != nil {
		return position{}, errKeySchema
	}
	return s.locate(key)
}

var errKeySchema = invalid("The provided key element does not match the schema")

func (s schema) itemPosition(item Map) (position, error) {
	if err := s.checkTypes(item); err != nil {
		return position{}, err
	}
	return s.locate(item)
}

// checkTypes refuses an item in which a key attribute is missing, or has another type.
func (s schema) checkTypes(item Map) error {
	for _, a := range s.attributes() {
		v, ok := item[a.Name]
		if !ok {
			return invalid("One or more parameter values were invalid: Missing the key %s in the item", a.Name)
		}
		if v.Type() != a.Type {
			return invalid("One or more parameter values were invalid: Type mismatch for key %s expected: %s actual: %s", a.Name, a.Type, v.Type())
		}
	}
	return nil
}

// locate expects the key attributes present and of the right types.
func (s schema) locate(item Map) (position, error) {
	for _, a := range s.attributes() {
		if err := checkKeyValue(a, item[a.Name], a == s.Hash); err != nil {
			return position{}, err
		}
	}
	var p position
	p.pkey, _ = sortable(item[s.Hash.Name])
	p.hash = partition(p.pkey)
	if s.Range.Name != "" {
		p.skey, _ = sortable(item[s.Range.Name])
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

var keyOperators = []string{"=", "<", "<=", ">", ">=", "BETWEEN", "begins_with"}

var errKeyCondition = invalid("KeyConditionExpression must be PARTITIONKEY = :value, and optionally AND one condition on the sort key; "+
	"each compares a key attribute with values, by one of %q", keyOperators)

// bind checks a key condition, and returns the start of the partition that it selects.
func (s schema) bind(condition *node) (start position, err error) {
	terms := []*node{condition}
	if condition.op == "AND" {
		terms = condition.args
	}
	bound := map[string]bool{}
	for _, term := range terms {
		key, of := term.args[0], s.Range
		if key.op != "name" || !s.isKey(key.name) || bound[key.name] || !slices.Contains(keyOperators, term.op) {
			return start, errKeyCondition
		}
		bound[key.name] = true
		if key.name == s.Hash.Name {
			if of = s.Hash; term.op != "=" {
				return start, errKeyCondition
			}
		}
		for _, arg := range term.args[1:] {
			if arg.op != "value" {
				return start, errKeyCondition
			}
			if arg.value.Type() != of.Type {
				return start, invalid("One or more parameter values were invalid: Condition parameter type does not match schema type")
			}
			if err := checkKeyValue(of, arg.value, of == s.Hash); err != nil {
				return start, err
			}
			if of == s.Hash {
				start.pkey, _ = sortable(arg.value)
				start.hash = partition(start.pkey)
			}
		}
	}
	if !bound[s.Hash.Name] {
		return start, invalid("Query condition missed key schema element: %s", s.Hash.Name)
	}
	return start, nil
}
