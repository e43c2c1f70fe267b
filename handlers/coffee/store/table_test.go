package store_test

import (
	"context"
	"fmt"
	"maps"
	"math/big"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

type item = map[string]types.AttributeValue

// table is a DynamoDB table in memory. It evaluates the condition expression that it is sent, so that the tests
// test the expression itself.
type table struct {
	mu    sync.Mutex
	items map[string]item
	fail  error // answers every call, which does nothing
	lose  error // answers the next put, after it was done
	puts  int
}

func keyOf(it item) string {
	return it["accountid"].(*types.AttributeValueMemberS).Value + "/" + it["vendorid"].(*types.AttributeValueMemberS).Value
}

func (t *table) PutItem(_ context.Context, in *dynamodb.PutItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.puts++
	if t.fail != nil {
		return nil, t.fail
	}
	if aws.ToString(in.TableName) != "orders" {
		return nil, &types.ResourceNotFoundException{}
	}
	k := keyOf(in.Item)
	c := condition{tokens: tokenize(aws.ToString(in.ConditionExpression)), item: t.items[k], names: in.ExpressionAttributeNames, values: in.ExpressionAttributeValues}
	if !c.or() {
		return nil, &types.ConditionalCheckFailedException{}
	}
	if t.items == nil {
		t.items = map[string]item{}
	}
	t.items[k] = maps.Clone(in.Item)
	if lost := t.lose; lost != nil {
		t.lose = nil
		return nil, lost
	}
	return &dynamodb.PutItemOutput{}, nil
}

func (t *table) GetItem(_ context.Context, in *dynamodb.GetItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.fail != nil {
		return nil, t.fail
	}
	if aws.ToString(in.TableName) != "orders" || !aws.ToBool(in.ConsistentRead) || len(in.Key) != 2 {
		return nil, fmt.Errorf("unexpected GetItem %+v", in)
	}
	return &dynamodb.GetItemOutput{Item: t.items[keyOf(in.Key)]}, nil
}

// condition evaluates OR, AND, parentheses, <, <=, > and =, and attribute_not_exists. A comparison with an attribute
// that is missing, or of another type, is false. Anything else panics.
type condition struct {
	tokens []string
	item   item
	names  map[string]string
	values item
}

func tokenize(s string) []string {
	return strings.Fields(strings.NewReplacer("(", " ( ", ")", " ) ").Replace(s))
}

func (c *condition) next() string {
	tok := c.tokens[0]
	c.tokens = c.tokens[1:]
	return tok
}

func (c *condition) take(tok string) bool {
	if len(c.tokens) > 0 && c.tokens[0] == tok {
		c.tokens = c.tokens[1:]
		return true
	}
	return false
}

func (c *condition) must(tok string) {
	if !c.take(tok) {
		panic(fmt.Sprintf("condition: want %s before %v", tok, c.tokens))
	}
}

func (c *condition) or() bool {
	v := c.and()
	for c.take("OR") {
		w := c.and()
		v = v || w
	}
	return v
}

func (c *condition) and() bool {
	v := c.primary()
	for c.take("AND") {
		w := c.primary()
		v = v && w
	}
	return v
}

func (c *condition) primary() bool {
	if c.take("(") {
		v := c.or()
		c.must(")")
		return v
	}
	if c.take("attribute_not_exists") {
		c.must("(")
		_, found := c.item[c.name()]
		c.must(")")
		return !found
	}
	left := c.item[c.name()]
	op := c.next()
	right, found := c.values[c.next()]
	if !found {
		panic("condition: unknown value")
	}
	order, comparable := compare(left, right)
	switch op {
	case "<":
		return comparable && order < 0
	case "<=":
		return comparable && order <= 0
	case ">":
		return comparable && order > 0
	case "=":
		return comparable && order == 0
	}
	panic("condition: unknown operator " + op)
}

func (c *condition) name() string {
	name, found := c.names[c.next()]
	if !found {
		panic("condition: unknown name")
	}
	return name
}

func compare(a, b types.AttributeValue) (int, bool) {
	switch b := b.(type) {
	case *types.AttributeValueMemberS:
		s, ok := a.(*types.AttributeValueMemberS)
		if !ok {
			return 0, false
		}
		return strings.Compare(s.Value, b.Value), true
	case *types.AttributeValueMemberN:
		n, ok := a.(*types.AttributeValueMemberN)
		if !ok {
			return 0, false
		}
		x, _ := new(big.Rat).SetString(n.Value)
		y, _ := new(big.Rat).SetString(b.Value)
		return x.Cmp(y), true
	}
	panic(fmt.Sprintf("condition: cannot compare with %T", b))
}

func TestConditionEvaluatorIsNotAlwaysTrue(t *testing.T) {
	names := map[string]string{"#a": "a", "#b": "b"}
	values := item{":1": &types.AttributeValueMemberN{Value: "1"}, ":x": &types.AttributeValueMemberS{Value: "x"}}
	it := item{"a": &types.AttributeValueMemberN{Value: "1.0"}, "b": &types.AttributeValueMemberS{Value: "w"}}
	for expr, want := range map[string]bool{
		"#a = :1": true, "#a < :1": false, "#b < :x": true, "#b = :x": false, "#a = :x": false, "#a <= :1": true, "#b <= :x": true, "#a <= :x": false,
		"#a > :1": false, "#b > :x": false, "#a > :x": false,
		"attribute_not_exists(#a)": false, "#a < :1 OR (#a = :1 AND #b < :x)": true, "(#a < :1 OR #a = :1) AND #b = :x": false,
	} {
		c := condition{tokens: tokenize(expr), item: it, names: names, values: values}
		if got := c.or(); got != want {
			t.Errorf("%s = %v", expr, got)
		}
	}
}
