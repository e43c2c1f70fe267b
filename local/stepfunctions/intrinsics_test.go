package stepfunctions_test

import (
	"encoding/json"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

func evaluate(call string) string {
	text, _ := json.Marshal(call)
	return one(`"Type":"Pass","Parameters":{"v.$":` + string(text) + `},"OutputPath":"$.v","End":true`)
}

func TestIntrinsicFunctions(t *testing.T) {
	w := newWorld(t)
	const input = `{"a":[1,2,3,3],"o":{"x":1,"y":2},"p":{"y":3},"s":"a{}b","n":4,"text":"{\"k\":1.0}","more":["x, )"]}`
	for call, want := range map[string]string{
		`States.Format('{} of {}: {}', $.n, 'x', $.o)`:            `"4 of x: {\"x\":1,\"y\":2}"`,
		`States.Format('\{\} it\'s {} \\', null)`:                 `"{} it's null \\"`,
		`States.Format($.s, 7)`:                                   `"a7b"`,
		`States.Array(1, 'two', $.n, null, true, States.Array())`: `[1,"two",4,null,true,[]]`,
		`States.Array('\{x\}')`:                                   `["{x}"]`,
		`States.ArrayContains($.a, 2)`:                            `true`,
		`States.ArrayContains($.a, '2')`:                          `false`,
		`States.ArrayGetItem($.a, 1)`:                             `2`,
		`States.ArrayLength($.a)`:                                 `4`,
		`States.ArrayPartition($.a, 3)`:                           `[[1,2,3],[3]]`,
		`States.ArrayRange(1, 9, 4)`:                              `[1,5,9]`,
		`States.ArrayRange(3, 1, -1)`:                             `[3,2,1]`,
		`States.ArrayUnique($.a)`:                                 `[1,2,3]`,
		`States.Base64Encode('data')`:                             `"ZGF0YQ=="`,
		`States.Base64Decode('ZGF0YQ==')`:                         `"data"`,
		`States.Hash('input data', 'SHA-1')`:                      `"aaff4a450a104cd177d28d18d74485e8cae074b7"`,
		`States.Hash('', 'MD5')`:                                  `"d41d8cd98f00b204e9800998ecf8427e"`,
		`States.JsonMerge($.o, $.p, false)`:                       `{"x":1,"y":3}`,
		`States.JsonToString($.o)`:                                `"{\"x\":1,\"y\":2}"`,
		`States.StringToJson($.text)`:                             `{"k":1.0}`,
		`States.MathAdd($.n, -1)`:                                 `3`,
		`States.MathRandom(10, 20)`:                               `15`, // the source of the test gives the middle
		`States.StringSplit('1.2-3', '.-')`:                       `["1","2","3"]`,
		`States.ArrayLength(States.StringSplit('a,b', ','))`:      `2`,
		`States.Format('{}', $.more[0])`:                          `"x, )"`,
		`States.Format('{}', $$.State.Name)`:                      `"S"`,
		`States.Format( '{}' , $['n'] )`:                          `"4"`,
	} {
		t.Run(call, func(t *testing.T) { requireOutput(t, want, w.run(t, evaluate(call), input)) })
	}
	out := w.run(t, evaluate(`States.UUID()`), `{}`)
	require.Regexp(t, regexp.MustCompile(`^"[0-9a-f]{8}-[0-9a-f]{4}-4`), *out.Output)
	seeded := evaluate(`States.MathRandom(0, 1000000, 7)`)
	require.Equal(t, *w.run(t, seeded, `{}`).Output, *w.run(t, seeded, `{}`).Output)
}

func TestIntrinsicFunctionsFail(t *testing.T) {
	w := newWorld(t)
	for _, call := range []string{
		`States.Format('{}')`, `States.Format('', 1)`, `States.Format('{x}', 1)`, `States.Format($.n, 1)`,
		`States.ArrayContains($.n, 1)`, `States.ArrayGetItem($.a, 4)`, `States.ArrayGetItem($.a, 'x')`, `States.ArrayLength($.n)`,
		`States.ArrayPartition($.a, 0)`, `States.ArrayRange(1, 2, 0)`, `States.ArrayRange(1, 1001, 1)`, `States.ArrayUnique($.n)`,
		`States.Base64Decode('?')`, `States.Hash($.n, 'CRC')`, `States.JsonMerge($.a, $.a, false)`, `States.JsonMerge($, $, true)`,
		`States.StringToJson('{')`, `States.MathAdd($.a, 1)`, `States.MathRandom(2, 2)`, `States.StringSplit($.n, ',')`,
	} {
		t.Run(call, func(t *testing.T) {
			requireFailed(t, "States.IntrinsicFailure", "The function '"+call+"' had the following error: ", w.run(t, evaluate(call), `{"a":[1,2,3],"n":1}`))
		})
	}
}
