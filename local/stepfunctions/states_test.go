package stepfunctions_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/stretchr/testify/require"
)

func TestInputAndOutputProcessing(t *testing.T) {
	w := newWorld(t)
	const input = `{"order":{"id":"o1","unitprice":3.50,"details":{"size":"L"}},"list":[1,2,{"x":"y"}],"detail-type":"t"}`
	for _, c := range []struct{ name, definition, want string }{
		{"everything by default", one(`"Type":"Pass","End":true`), input},
		{"a name with a hyphen", one(`"Type":"Pass","Parameters":{"v.$":"$['detail-type']"},"End":true`), `{"v":"t"}`},
		{"a name in brackets", one(`"Type":"Pass","Parameters":{"v.$":"$['order']['id']"},"End":true`), `{"v":"o1"}`},
		{"an index from the end", one(`"Type":"Pass","Parameters":{"v.$":"$.list[-1].x"},"End":true`), `{"v":"y"}`},
		{"Result is the output", one(`"Type":"Pass","Result":{"a.$":"$.b"},"End":true`), `{"a.$":"$.b"}`},
		{"Result may be null", one(`"Type":"Pass","Result":null,"End":true`), `null`},
		{"ResultPath puts into the input", then(`"Type":"Pass","Result":1,"ResultPath":"$.order.details.n"`, "$.order.details"), `{"v":{"size":"L","n":1}}`},
		{"ResultPath makes what is missing", then(`"Type":"Pass","Result":1,"ResultPath":"$.a.b"`, "$.a"), `{"v":{"b":1}}`},
		{"ResultPath null discards the result", one(`"Type":"Pass","Result":1,"ResultPath":null,"End":true`), input},
		{"Parameters make the input", one(`"Type":"Pass","Parameters":{"id.$":"$.order.id","n":1,"in":{"who.$":"$$.Execution.Input.order.id"}},"End":true`), `{"id":"o1","n":1,"in":{"who":"o1"}}`},
		{"Parameters call functions", one(`"Type":"Pass","Parameters":{"text.$":"States.Format('{}/{}', $.order.id, $.order.unitprice)"},"End":true`), `{"text":"o1/3.50"}`},
		{"a function gets the input, and its answer is selected", task(`,"Parameters":{"FunctionName":"echo","Payload":{"v.$":"$.order.id"}},"ResultSelector":{"got.$":"$.Payload.v"}`), `{"got":"o1"}`},
		{"the context object", one(`"Type":"Pass","Parameters":{"i.$":"$$.Execution.Input.order.id","r.$":"$$.Execution.RoleArn","n.$":"$$.State.RetryCount"},"End":true`),
			`{"i":"o1","r":"arn:aws:iam::123456789012:role/machine","n":0}`},
	} {
		t.Run(c.name, func(t *testing.T) { requireOutput(t, c.want, w.run(t, c.definition, input)) })
	}
}

func TestAStateChangesNoDataButItsOutput(t *testing.T) {
	w := newWorld(t)
	out := w.run(t, `{"StartAt":"A","States":{"A":{"Type":"Pass","Result":2,"ResultPath":"$.a.b","Next":"B"},"B":{"Type":"Pass","Result":3,"ResultPath":"$.l","Next":"C"},
		"C":{"Type":"Pass","Parameters":{"in.$":"$$.Execution.Input","out.$":"$"},"End":true}}}`, `{"a":{"b":1},"l":[1]}`)
	requireOutput(t, `{"in":{"a":{"b":1},"l":[1]},"out":{"a":{"b":2},"l":3}}`, out)
}

func TestNumbersStayAsTheyAreWritten(t *testing.T) {
	w := newWorld(t)
	out := w.run(t, task(`,"Parameters":{"FunctionName":"echo","Payload":{"price.$":"$.price","n":1.10}},"ResultSelector":{"price.$":"$.Payload.price","n.$":"$.Payload.n"},"ResultPath":"$.r"`), `{"price":3.50,"big":12345678901234567890.123456789}`)
	require.Equal(t, `{"big":12345678901234567890.123456789,"price":3.50,"r":{"n":1.10,"price":3.50}}`, *out.Output)
}

func TestFailuresOfTheMachineItself(t *testing.T) {
	w := newWorld(t)
	const in = "An error occurred while executing the state 'S' (entered at the event id #2). "
	all := `,"Retry":[{"ErrorEquals":["States.ALL"]}],"Catch":[{"ErrorEquals":["States.ALL"],"Next":"C"}]`
	for _, c := range []struct{ name, definition, input, error, cause string }{
		{"a parameter finds nothing", one(`"Type":"Pass","Parameters":{"b.$":"$.a"},"End":true`), `{}`, "States.Runtime", in + "The JSONPath '$.a' could not be found in the input '{}'"},
		{"nothing catches that", `{"StartAt":"S","States":{"S":{"Type":"Task","Resource":"` + invokeFunction + `","Parameters":{"FunctionName":"echo","Payload":{"b.$":"$.a"}},"End":true` + all + `},"C":{"Type":"Succeed"}}}`,
			`{}`, "States.Runtime", in + "The JSONPath '$.a'"},
		{"a function fails", one(`"Type":"Pass","Parameters":{"b.$":"States.StringToJson($.a)"},"End":true`), `{"a":"{"}`, "States.IntrinsicFailure", in + "The function 'States.StringToJson($.a)' had the following error: "},
		{"ResultPath meets a scalar", one(`"Type":"Pass","Result":1,"ResultPath":"$.a.b","End":true`), `{"a":1}`, "States.ResultPathMatchFailure", in},
		{"no choice", `{"StartAt":"S","States":{"S":{"Type":"Choice","Choices":[{"Variable":"$.a","IsNull":true,"Next":"E"}]},"E":{"Type":"Succeed"}}}`,
			`{"a":1}`, "States.Runtime", in + "Failed to transition out of the state. The state does not point to a next state."},
		{"a choice on an absent value", `{"StartAt":"S","States":{"S":{"Type":"Choice","Choices":[{"Variable":"$.a","IsNull":true,"Next":"E"}]},"E":{"Type":"Succeed"}}}`,
			`{}`, "States.Runtime", in + "Invalid path '$.a': The choice state's condition path references an invalid value."},
		{"Fail", one(`"Type":"Fail","Error":"E","Cause":"why"`), `{}`, "E", "why"},
		{"Fail without anything", one(`"Type":"Fail"`), `{}`, "", ""},
		{"Fail by paths and functions", one(`"Type":"Fail","ErrorPath":"$.e","CausePath":"States.Format('{}!', $.c)"`), `{"e":"E","c":"why"}`, "E", "why!"},
		{"Fail with no text", one(`"Type":"Fail","ErrorPath":"$.e"`), `{"e":1}`, "States.Runtime", in + "The ErrorPath parameter"},
	} {
		t.Run(c.name, func(t *testing.T) { requireFailed(t, c.error, c.cause, w.run(t, c.definition, c.input)) })
	}
}

func TestWaitsLastUntilTheirTime(t *testing.T) {
	w := newWorld(t)
	arn := w.start(t, w.machine(t, one(`"Type":"Wait","End":true,"Seconds":90`), nil), `{"n":1}`)
	w.pass(t, 2, 89*time.Second)
	require.Equal(t, []string{"ExecutionStarted", "WaitStateEntered"}, w.history(t, arn))
	w.pass(t, 2, time.Second)
	requireOutput(t, `{"n":1}`, w.closed(t, arn))
}

func TestAnExecutionTimesOut(t *testing.T) {
	w := newWorld(t)
	arn := w.start(t, w.machine(t, `{"StartAt":"S","TimeoutSeconds":30,"States":{"S":{"Type":"Wait","Seconds":60,"End":true}}}`, nil), `{}`)
	w.pass(t, 2, 30*time.Second)
	out := w.closed(t, arn)
	require.Equal(t, types.ExecutionStatusTimedOut, out.Status)
	require.Equal(t, []string{"ExecutionStarted", "WaitStateEntered", "ExecutionTimedOut"}, w.history(t, arn))
}

func TestChoices(t *testing.T) {
	w := newWorld(t)
	const input = `{"s":"b","n":2,"big":1234567890123456789.01,"f":false,"z":null}`
	for rule, want := range map[string]bool{
		`"Variable":"$.s","StringEquals":"b"`:                                                                      true,
		`"Variable":"$.s","StringEquals":"a"`:                                                                      false,
		`"Variable":"$.n","StringEquals":"2"`:                                                                      false, // another type never matches
		`"Variable":"$.s","StringLessThan":"c"`:                                                                    true,
		`"Variable":"$.s","StringGreaterThanEquals":"b"`:                                                           true,
		`"Variable":"$.n","NumericEquals":2.0`:                                                                     true,
		`"Variable":"$.n","NumericLessThan":2`:                                                                     false,
		`"Variable":"$.n","NumericLessThanEquals":2`:                                                               true,
		`"Variable":"$.n","NumericGreaterThan":1.9`:                                                                true,
		`"Variable":"$.big","NumericGreaterThan":1234567890123456789`:                                              true, // equal as floats
		`"Variable":"$.f","BooleanEquals":false`:                                                                   true,
		`"Variable":"$.nope","IsPresent":false`:                                                                    true,
		`"Variable":"$.z","IsPresent":true`:                                                                        true,
		`"Variable":"$.z","IsNull":true`:                                                                           true,
		`"Variable":"$.s","IsString":true`:                                                                         true,
		`"Variable":"$.n","IsNumeric":true`:                                                                        true,
		`"Variable":"$.f","IsBoolean":true`:                                                                        true,
		`"Variable":"$$.State.Name","StringEquals":"S"`:                                                            true,
		`"Not":{"Variable":"$.s","StringEquals":"b"}`:                                                              false,
		`"And":[{"Variable":"$.s","StringEquals":"b"},{"Variable":"$.n","NumericEquals":3}]`:                       false,
		`"Or":[{"Variable":"$.s","StringEquals":"a"},{"Not":{"Variable":"$.n","NumericEquals":3}}]`:                true,
		`"And":[{"Variable":"$.nope","IsPresent":true},{"Variable":"$.nope","StringEquals":"a"}]`:                  false, // the second is not evaluated
		`"Or":[{"Variable":"$.z","IsNull":true},{"Variable":"$.nope","StringEquals":"a"}]`:                         true,
		`"And":[{"Variable":"$.s","IsString":true},{"Or":[{"Variable":"$.n","NumericEquals":2}]}],"Comment":"yes"`: true,
	} {
		t.Run(rule, func(t *testing.T) {
			out := w.run(t, `{"StartAt":"S","States":{"S":{"Type":"Choice","Choices":[{`+rule+`,"Next":"Yes"}],"Default":"No"},
				"Yes":{"Type":"Pass","Result":true,"End":true},"No":{"Type":"Pass","Result":false,"End":true}}}`, input)
			requireOutput(t, map[bool]string{true: "true", false: "false"}[want], out)
		})
	}
}

// then is a machine of a state and of one that shows what is at a path after it.
func then(state, path string) string {
	return `{"StartAt":"A","States":{"A":{` + state + `,"Next":"B"},"B":{"Type":"Pass","Parameters":{"v.$":"` + path + `"},"End":true}}}`
}
