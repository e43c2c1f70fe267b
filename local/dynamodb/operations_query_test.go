package dynamodb

import (
	"fmt"
	"sort"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// numbered makes a table whose partition "a" holds range keys 1 to 9, between two other partitions.
func numbered(t *testing.T) *cloud {
	c := newCloud(t)
	c.createTable(t, "t", "S", "N")
	for _, p := range []string{"a", "b", "c"} {
		for r := range 9 {
			c.put(t, "t", attributes{"p": str(p), "r": num(fmt.Sprint(r + 1)), "even": &types.AttributeValueMemberBOOL{Value: r%2 == 1}})
		}
	}
	return c
}

func ranges(items []map[string]types.AttributeValue) string {
	var all []string
	for _, item := range items {
		all = append(all, item["r"].(*types.AttributeValueMemberN).Value)
	}
	return strings.Join(all, " ")
}

func TestQuerySelectsARangeInOrder(t *testing.T) {
	c := numbered(t)
	for condition, want := range map[string]string{
		"p = :p":                             "1 2 3 4 5 6 7 8 9",
		"p = :p AND r = :three":              "3",
		"p = :p AND r < :three":              "1 2",
		"p = :p AND r <= :three":             "1 2 3",
		"p = :p AND r > :three":              "4 5 6 7 8 9",
		"r >= :three AND p = :p":             "3 4 5 6 7 8 9",
		"(p = :p) AND (r > :three)":          "4 5 6 7 8 9",
		"p = :p AND r BETWEEN :three AND :x": "3 4 5",
		"p = :p AND r > :far":                "",
	} {
		values := attributes{":p": str("b")}
		for name, v := range map[string]string{":three": "3", ":x": "5.5", ":far": "100"} {
			if strings.Contains(condition, name) {
				values[name] = num(v)
			}
		}
		for _, forward := range []bool{true, false} {
			out, err := c.client.Query(t.Context(), &sdk.QueryInput{
				TableName: aws.String("t"), KeyConditionExpression: aws.String(condition), ExpressionAttributeValues: values, ScanIndexForward: &forward,
			})
			require.NoError(t, err, condition)
			expected := strings.Fields(want)
			if !forward {
				sort.Sort(sort.Reverse(sort.StringSlice(expected)))
			}
			require.Equal(t, strings.Join(expected, " "), ranges(out.Items), "%s, forward %v", condition, forward)
			require.Nil(t, out.LastEvaluatedKey)
			require.EqualValues(t, len(expected), out.Count)
		}
	}
}

func TestQueryBeginsWith(t *testing.T) {
	c := newCloud(t)
	c.createTable(t, "t", "S", "S")
	for _, r := range []string{"a", "a\U0010ffff", "a\U0010ffff\x00", "b", "\U0010ffff\U0010ffff", "\U0010ffff\U0010ffff\x01", "\U0010ffff"} {
		c.put(t, "t", attributes{"p": str("x"), "r": str(r)})
	}
	for prefix, want := range map[string][]string{
		"a": {"a", "a\U0010ffff", "a\U0010ffff\x00"}, "a\U0010ffff": {"a\U0010ffff", "a\U0010ffff\x00"}, "\U0010ffff\U0010ffff": {"\U0010ffff\U0010ffff", "\U0010ffff\U0010ffff\x01"}, "c": nil,
	} {
		for _, forward := range []bool{true, false} {
			out, err := c.client.Query(t.Context(), &sdk.QueryInput{
				TableName: aws.String("t"), KeyConditionExpression: aws.String("p = :p AND begins_with(r, :r)"), ScanIndexForward: &forward,
				ExpressionAttributeValues: attributes{":p": str("x"), ":r": str(prefix)},
			})
			require.NoError(t, err)
			var got []string
			for _, item := range out.Items {
				got = append(got, item["r"].(*types.AttributeValueMemberS).Value)
			}
			sort.Strings(got)
			require.Equal(t, want, got, "%q", prefix)
		}
	}
}

func TestQueryFiltersAfterReading(t *testing.T) {
	c := numbered(t)
	in := &sdk.QueryInput{
		TableName: aws.String("t"), Limit: aws.Int32(3), KeyConditionExpression: aws.String("p = :p"), FilterExpression: aws.String("even = :true"),
		ProjectionExpression:      aws.String("r"),
		ExpressionAttributeValues: attributes{":p": str("b"), ":true": &types.AttributeValueMemberBOOL{Value: true}},
	}
	out, err := c.client.Query(t.Context(), in)
	require.NoError(t, err)
	require.Equal(t, []map[string]types.AttributeValue{{"r": num("2")}}, out.Items)
	require.EqualValues(t, 1, out.Count)
	require.EqualValues(t, 3, out.ScannedCount, "the limit counts what is read")
	require.Equal(t, attributes{"p": str("b"), "r": num("3")}, out.LastEvaluatedKey)

	in.ProjectionExpression, in.Limit, in.Select = nil, nil, types.SelectCount
	out, err = c.client.Query(t.Context(), in)
	require.NoError(t, err)
	require.Nil(t, out.Items)
	require.EqualValues(t, 4, out.Count)
	require.EqualValues(t, 9, out.ScannedCount)
}

func TestInvalidQueriesAreRefused(t *testing.T) {
	c := numbered(t)
	value := func(pairs ...any) attributes {
		m := attributes{}
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i].(string)] = pairs[i+1].(types.AttributeValue)
		}
		return m
	}
	form := message(errKeyCondition)
	for condition, want := range map[string]struct {
		values  attributes
		message string
	}{
		"r = :r":                         {value(":r", num("1")), "Query condition missed key schema element: p"},
		"p > :p":                         {value(":p", str("a")), form},
		"p = :p AND x = :p":              {value(":p", str("a")), form},
		"p = :r":                         {value(":r", num("1")), "One or more parameter values were invalid: Condition parameter type does not match schema type"},
		"p = :p OR r = :p":               {value(":p", str("a")), form},
		"NOT p = :p":                     {value(":p", str("a")), form},
		"p <> :p":                        {value(":p", str("a")), form},
		"attribute_exists(p)":            {nil, form},
		"p = :p AND p = :p":              {value(":p", str("a")), form},
		"p = :p AND r = :p AND x = :p":   {value(":p", str("a")), form},
		"p = r":                          {nil, form},
		":p = :p":                        {value(":p", str("a")), form},
		"p = :p AND :p BETWEEN r AND :p": {value(":p", str("a")), form},
	} {
		_, err := c.client.Query(t.Context(), &sdk.QueryInput{TableName: aws.String("t"), KeyConditionExpression: aws.String(condition), ExpressionAttributeValues: want.values})
		require.Error(t, err, condition)
		requireRefused(t, err, "ValidationException", want.message)
	}
	for want, change := range map[string]func(*sdk.QueryInput){
		"Filter Expression can only contain non-primary key attributes: Primary key attribute: r": func(in *sdk.QueryInput) { in.FilterExpression = aws.String("attribute_exists(r)") },
		"The provided starting key is invalid":                                                    func(in *sdk.QueryInput) { in.ExclusiveStartKey = attributes{"p": str("a")} },
		"The provided starting key is outside query boundaries based on provided conditions": func(in *sdk.QueryInput) {
			in.ExclusiveStartKey = attributes{"p": str("b"), "r": num("1")}
		},
		"Select must be SPECIFIC_ATTRIBUTES if, and only if, ProjectionExpression is given; got COUNT": func(in *sdk.QueryInput) {
			in.Select, in.ProjectionExpression = types.SelectCount, aws.String("r")
		},
		"Limit must be at least 1, got 0": func(in *sdk.QueryInput) { in.Limit = aws.Int32(0) },
	} {
		in := &sdk.QueryInput{TableName: aws.String("t"), KeyConditionExpression: aws.String("p = :p"), ExpressionAttributeValues: attributes{":p": str("a")}}
		change(in)
		_, err := c.client.Query(t.Context(), in)
		requireRefused(t, err, "ValidationException", want)
	}
}

// TestPagesAddUpToTheWhole reads random tables in pages of random size, both ways.
func TestPagesAddUpToTheWhole(t *testing.T) {
	c := newCloud(t)
	tables := 0
	rapid.Check(t, func(rt *rapid.T) {
		tables++
		tbl := c.createTable(t, fmt.Sprintf("table-%d", tables), "S", "N")
		keys := rapid.SliceOfNDistinct(rapid.Custom(func(rt *rapid.T) [2]string {
			return [2]string{rapid.SampledFrom([]string{"a", "b", "ab"}).Draw(rt, "p"), fmt.Sprint(rapid.IntRange(-50, 50).Draw(rt, "r"))}
		}), 0, 40, rapid.ID[[2]string]).Draw(rt, "keys")
		for _, k := range keys {
			m, err := (&writeInput{Item: Map{"p": String(k[0]), "r": Number(k[1])}}).mutation(putItem, tbl)
			require.NoError(t, err)
			require.NoError(t, m.run(c.clock.Now()))
		}
		limit := rapid.IntRange(1, 9).Draw(rt, "limit")

		var scanned []string
		in := &reading{Limit: &limit}
		for {
			p := &page{}
			require.NoError(t, in.startAt(tbl.schema, p))
			out, err := c.answer(tbl, in, p)
			require.NoError(t, err)
			for _, item := range out.Items {
				scanned = append(scanned, fmt.Sprint(item["p"], item["r"]))
			}
			if in.ExclusiveStartKey = out.LastEvaluatedKey; in.ExclusiveStartKey == nil {
				break
			}
		}
		var want []string
		for _, k := range keys {
			want = append(want, k[0]+k[1])
		}
		sort.Strings(want)
		sort.Strings(scanned)
		require.Equal(t, want, scanned)

		forward := rapid.Bool().Draw(rt, "forward")
		var queried []string
		var last Map
		for {
			k, err := tbl.schema.bind(&node{op: "=", args: []*node{{op: "name", name: "p"}, {op: "value", value: String("a")}}})
			require.NoError(t, err)
			p := &page{backward: !forward}
			p.within(k)
			r := &reading{Limit: &limit, ExclusiveStartKey: last}
			require.NoError(t, r.startAt(tbl.schema, p))
			out, err := c.answer(tbl, r, p)
			require.NoError(t, err)
			for _, item := range out.Items {
				queried = append(queried, string(item["r"].(Number)))
			}
			if last = out.LastEvaluatedKey; last == nil {
				break
			}
		}
		var ordered []Number
		for _, k := range keys {
			if k[0] == "a" {
				ordered = append(ordered, Number(k[1]))
			}
		}
		sort.Slice(ordered, func(i, j int) bool { return (ordered[i].decimal().Cmp(ordered[j].decimal()) < 0) == forward })
		require.Len(t, queried, len(ordered))
		for i, n := range ordered {
			require.Equal(t, string(n), queried[i])
		}
	})
}

func TestAPageEndsAtOneMegabyte(t *testing.T) {
	c := newCloud(t)
	c.createTable(t, "t", "S", "")
	for i := range 5 {
		c.put(t, "t", attributes{"p": str(fmt.Sprint(i)), "x": str(strings.Repeat("x", 300<<10))})
	}
	pages := sdk.NewScanPaginator(c.client, &sdk.ScanInput{TableName: aws.String("t")})
	var counts []int32
	for pages.HasMorePages() {
		out, err := pages.NextPage(t.Context())
		require.NoError(t, err)
		counts = append(counts, out.Count)
	}
	require.Equal(t, []int32{4, 1}, counts)
}

func TestScanFiltersAndProjects(t *testing.T) {
	c := numbered(t)
	out, err := c.client.Scan(t.Context(), &sdk.ScanInput{
		TableName: aws.String("t"), FilterExpression: aws.String("r > :r AND p <> :p"), ProjectionExpression: aws.String("p, r"),
		ExpressionAttributeValues: attributes{":r": num("8"), ":p": str("b")},
	})
	require.NoError(t, err)
	require.ElementsMatch(t, []map[string]types.AttributeValue{{"p": str("a"), "r": num("9")}, {"p": str("c"), "r": num("9")}}, out.Items)
	require.EqualValues(t, 27, out.ScannedCount)

}
