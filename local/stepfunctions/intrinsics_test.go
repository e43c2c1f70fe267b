package stepfunctions_test

import (
	"encoding/json"
	"testing"
)

func evaluate(call string) string {
	text, _ := json.Marshal(call)
	return one(`"Type":"Pass","Parameters":{"v.$":` + string(text) + `},"End":true`)
}

func TestIntrinsicFunctions(t *testing.T) {
	w := newWorld(t)
	const input = `{"a":[1,2,3,3],"o":{"x":1,"y":2},"p":{"y":3},"s":"a{}b","n":4,"text":"{\"k\":1.0}","more":["x, )"],"a, )":5}`
	for call, want := range map[string]string{
		`States.Format('{} of {}: {}', $.n, 'x', $.o)`:       `"4 of x: {\"x\":1,\"y\":2}"`,
		`States.Format('\{\} it\'s {} \\', null)`:            `"{} it's null \\"`,
		`States.Format($.s, 7)`:                              `"a7b"`,
		`States.Format('{}, {}, {}', true, 'two\'s', -1.50)`: `"true, two's, -1.50"`,
		`States.Format('{}', '\{x\}')`:                       `"{x}"`,
		`States.StringToJson($.text)`:                        `{"k":1.0}`,
		`States.JsonMerge($.o, $.p, false)`:                  `{"x":1,"y":3}`,
		`States.JsonMerge($.o, States.StringToJson(States.Format('\{"execution":"{}"\}', $.n)), false)`: `{"x":1,"y":2,"execution":"4"}`,
		`States.Format('{}', $.more[0])`:     `"x, )"`,
		`States.Format('{}', $$.State.Name)`: `"S"`,
		`States.Format( '{}' , $['n'] )`:     `"4"`,
		`States.Format('{}', $['a, )'])`:     `"5"`,
	} {
		t.Run(call, func(t *testing.T) { requireOutput(t, `{"v":`+want+`}`, w.run(t, evaluate(call), input)) })
	}
}

func TestIntrinsicFunctionsFail(t *testing.T) {
	w := newWorld(t)
	for _, call := range []string{
		`States.Format('{}')`, `States.Format('', 1)`, `States.Format('{x}', 1)`, `States.Format($.n, 1)`,
		`States.StringToJson('{')`, `States.StringToJson($.n)`,
		`States.JsonMerge($.a, $, false)`, `States.JsonMerge($, $.n, false)`, `States.JsonMerge($, $, true)`,
	} {
		t.Run(call, func(t *testing.T) {
			requireFailed(t, "States.IntrinsicFailure", "The function '"+call+"' had the following error: ", w.run(t, evaluate(call), `{"a":[1,2,3],"n":1}`))
		})
	}
}
