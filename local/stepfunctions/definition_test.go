package stepfunctions_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestInvalidDefinitionsAreRefusedAtCreation(t *testing.T) {
	w := newWorld(t)
	call := func(parameters string) string {
		return one(`"Type":"Task","Resource":"` + invokeFunction + `","End":true,"Parameters":` + parameters)
	}
	retry := func(r string) string { return task(`,"Retry":[` + r + `]`) }
	choice := func(rule string) string {
		return `{"StartAt":"S","States":{"S":{"Type":"Choice","Choices":[` + rule + `],"Default":"E"},"E":{"Type":"Succeed"}}}`
	}
	for _, c := range []struct{ name, definition, want string }{
		{"no JSON", `{`, "unexpected EOF"},
		{"no object", `[]`, "cannot unmarshal array"},
		{"required fields", `{}`, "missing target of StartAt: ''"},
		{"no states", `{"StartAt":"S","States":{}}`, "missing target of StartAt: 'S'"},
		{"the start", `{"StartAt":"X","States":{"S":{"Type":"Succeed"}}}`, "missing target of StartAt: 'X'"},
		{"a target", `{"StartAt":"S","States":{"S":{"Type":"Pass","Next":"X"}}}`, "missing target 'X' at /States/S"},
		{"a target of a choice", choice(`{"Variable":"$.a","IsNull":true,"Next":"X"}`), "missing target 'X' at /States/S"},
		{"a default", `{"StartAt":"S","States":{"S":{"Type":"Choice","Choices":[{"Variable":"$.a","IsNull":true,"Next":"S"}],"Default":"X"}}}`, "missing target 'X' at /States/S"},
		{"a target of a catcher", task(`,"Catch":[{"ErrorEquals":["E"],"Next":"X"}]`), "missing target 'X' at /States/S"},
		{"another top-level field", `{"StartAt":"S","Stats":1,"States":{"S":{"Type":"Succeed"}}}`, "unknown field \"Stats\""},
		{"JSONata", `{"StartAt":"S","QueryLanguage":"JSONata","States":{"S":{"Type":"Succeed"}}}`, "unknown field \"QueryLanguage\""},
		{"JSONata of a state", one(`"Type":"Succeed","QueryLanguage":"JSONata"`), "the embedded cloud does not implement the field 'QueryLanguage' at /States/S"},
		{"the version", `{"StartAt":"S","Version":"2.0","States":{"S":{"Type":"Succeed"}}}`, "unknown field \"Version\""},
		{"no type", one(`"End":true`), "does not implement the state type '' at /States/S"},
		{"a type that there is not", one(`"Type":"Loop"`), "does not implement the state type 'Loop' at /States/S"},
		{"Parallel", one(`"Type":"Parallel","Branches":[],"End":true`), "does not implement the state type 'Parallel' at /States/S"},
		{"Map", one(`"Type":"Map","End":true`), "does not implement the state type 'Map'"},
		{"variables", one(`"Type":"Pass","Assign":{},"End":true`), "does not implement the field 'Assign' at /States/S"},
		{"a heartbeat", task(`,"HeartbeatSeconds":3`), "does not implement the field 'HeartbeatSeconds' at /States/S"},
		{"credentials", task(`,"Credentials":{}`), "does not implement the field 'Credentials'"},
		{"a misspelt field", task(`,"Retries":[]`), "the embedded cloud does not implement the field 'Retries' at /States/S"},
		{"a field of another type of state", one(`"Type":"Pass","Retry":[],"End":true`), "the embedded cloud does not implement the field 'Retry' at /States/S"},
		{"no way out", one(`"Type":"Pass"`), "exactly one of the fields Next and End: true is required at /States/S"},
		{"two ways out", one(`"Type":"Pass","Next":"S","End":true`), "exactly one of the fields Next and End"},
		{"End of Succeed", one(`"Type":"Succeed","End":true`), "does not implement the field 'End'"},
		{"an input of Fail", one(`"Type":"Fail","InputPath":"$"`), "does not implement the field 'InputPath'"},
		{"a resource that there is not", one(`"Type":"Task","Resource":"arn:aws:states:::dynamodb:putItem","End":true`), "does not implement the resource arn:aws:states:::dynamodb:putItem, only lambda:invoke, sns:publish and sqs:sendMessage"},
		{"a way to invoke that there is not", one(`"Type":"Task","Resource":"arn:aws:states:::lambda:invoke.waitForTaskToken","End":true`), "does not implement the resource arn:aws:states:::lambda:invoke.waitForTaskToken"},
		{"a function as resource", one(`"Type":"Task","Resource":"` + echoARN + `","End":true`), "does not implement the resource " + echoARN},
		{"no resource", one(`"Type":"Task","End":true`), "the field 'Resource' is required but was missing at /States/S"},
		{"no function", call(`{}`), "the field 'FunctionName' is required but was missing at /States/S"},
		{"another parameter", call(`{"FunctionName":"f","Qualifier":"1"}`), "does not implement the field 'Qualifier' at /States/S"},
		{"an asynchronous invocation", call(`{"FunctionName":"f","InvocationType":"Event"}`), "does not implement the field 'InvocationType' at /States/S"},
		{"no topic", one(`"Type":"Task","Resource":"` + publish + `","End":true,"Parameters":{"Message":"m"}`), "the field 'TopicArn' is required but was missing"},
		{"no path", one(`"Type":"Pass","ResultPath":"order","End":true`), "the value is not a valid JSONPath at /States/S"},
		{"a broken path", one(`"Type":"Pass","ResultPath":"$.a[","End":true`), "the value is not a valid JSONPath"},
		{"a filter", one(`"Type":"Pass","ResultPath":"$.a[?(@.x > 1)]","End":true`), "only names and indexes, as in $.a.b[0] at /States/S"},
		{"recursive descent", one(`"Type":"Pass","ResultPath":"$..a","End":true`), "only names and indexes"},
		{"a result in many places", one(`"Type":"Pass","ResultPath":"$.a[*]","End":true`), "only names and indexes, as in $.a.b[0] at /States/S"},
		{"a result in a list", one(`"Type":"Pass","ResultPath":"$.a[0]","End":true`), "does not implement indexes in it at /States/S"},
		{"a list in a template", one(`"Type":"Pass","Parameters":{"a":[1]},"End":true`), "does not implement lists in payload templates at a at /States/S"},
		{"a result in the context", one(`"Type":"Pass","ResultPath":"$$.a","End":true`), "ResultPath cannot be in the context object"},
		{"a path that is no text", one(`"Type":"Pass","ResultPath":1,"End":true`), "cannot unmarshal number into Go struct field state.ResultPath of type string at /States/S"},
		{"a parameter that is no path", one(`"Type":"Pass","Parameters":{"a":{"b.$":"x"}},"End":true`), "the value is not a valid JSONPath or intrinsic function: a function has the form States.Name(...), not \"x\" at b.$ at a at /States/S"},
		{"a parameter that is no text", one(`"Type":"Pass","Parameters":{"a.$":1},"End":true`), "the value must be a string that contains a JSONPath or an intrinsic function at a.$ at /States/S"},
		{"a parameter given twice", one(`"Type":"Pass","Parameters":{"a.$":"$","a":1},"End":true`), "the field 'a' is there twice"},
		{"a function that there is not", one(`"Type":"Pass","Parameters":{"a.$":"States.Nope()"},"End":true`), "does not implement the intrinsic function States.Nope"},
		{"a function that AWS has", one(`"Type":"Pass","Parameters":{"a.$":"States.MathAdd(1, 2)"},"End":true`), "does not implement the intrinsic function States.MathAdd"},
		{"too few arguments", one(`"Type":"Pass","Parameters":{"a.$":"States.StringToJson()"},"End":true`), "States.StringToJson cannot have 0 arguments"},
		{"a call without end", one(`"Type":"Pass","Parameters":{"a.$":"States.Format('{}'"},"End":true`), "expected , or ) before"},
		{"a string without end", one(`"Type":"Pass","Parameters":{"a.$":"States.Format('x)"},"End":true`), "\"'x)\" does not begin with a string"},
		{"text after a call", one(`"Type":"Pass","Parameters":{"a.$":"States.StringToJson('1') x"},"End":true`), "there is text after it"},
		{"no argument", one(`"Type":"Pass","Parameters":{"a.$":"States.Format(x)"},"End":true`), `\"x)\" does not begin with a string, number, boolean, null, path or function`},
		{"no time to wait", one(`"Type":"Wait","End":true`), "the field 'Seconds' is required but was missing at /States/S"},
		{"a path to a time to wait", one(`"Type":"Wait","SecondsPath":"$","End":true`), "does not implement the field 'SecondsPath'"},
		{"part of a second", one(`"Type":"Wait","Seconds":1.5,"End":true`), "cannot unmarshal number 1.5 into Go struct field state.Seconds of type int at /States/S"},
		{"a time to wait for", one(`"Type":"Wait","Timestamp":"2026-01-02T15:04:05Z","End":true`), "does not implement the field 'Timestamp'"},
		{"a timeout in the data", task(`,"TimeoutSecondsPath":"$.a"`), "does not implement the field 'TimeoutSecondsPath'"},
		{"a choice without operator", choice(`{"Variable":"$.a","Next":"E"}`), "must have exactly one comparison operator at /States/S"},
		{"a choice with two operators", choice(`{"Variable":"$.a","IsNull":true,"IsString":true,"Next":"E"}`), "must have exactly one comparison operator"},
		{"a choice without variable", choice(`{"IsNull":true,"Next":"E"}`), "the value is not a valid JSONPath"},
		{"a choice without target", choice(`{"Variable":"$.a","IsNull":true}`), "missing target ''"},
		{"a target within And", choice(`{"And":[{"Variable":"$.a","IsNull":true,"Next":"E"}],"Next":"E"}`), "must have exactly one comparison operator at /States/S"},
		{"an operator that there is not", choice(`{"Variable":"$.a","BooleanLessThan":true,"Next":"E"}`), "does not implement the field 'BooleanLessThan'"},
		{"an operator on times", choice(`{"Variable":"$.a","TimestampEquals":"2026-01-02T15:04:05Z","Next":"E"}`), "does not implement the field 'TimestampEquals'"},
		{"a comparison of two values", choice(`{"Variable":"$.a","StringEqualsPath":"$.b","Next":"E"}`), "does not implement the field 'StringEqualsPath'"},
		{"an operand of another type", choice(`{"Variable":"$.a","NumericEquals":"1","Next":"E"}`), "the value cannot be compared by NumericEquals at /States/S"},
		{"no errors to retry", retry(`{"IntervalSeconds":1}`), "a retrier needs ErrorEquals"},
		{"an empty list of errors", retry(`{"ErrorEquals":[]}`), "a retrier needs ErrorEquals"},
		{"a backoff that shrinks", retry(`{"ErrorEquals":["E"],"BackoffRate":0.5}`), "a BackoffRate of at least 1"},
		{"no interval", retry(`{"ErrorEquals":["E"],"IntervalSeconds":0}`), "times of at least 1 second"},
		{"a negative number of attempts", retry(`{"ErrorEquals":["E"],"MaxAttempts":-1}`), "a retrier needs"},
		{"a jitter that there is not", retry(`{"ErrorEquals":["E"],"JitterStrategy":"SOME"}`), "the JitterStrategy FULL or NONE"},
		{"another field of a retrier", retry(`{"ErrorEquals":["E"],"Interval":1}`), "unknown field \"Interval\" at /States/S"},
		{"a catcher without target", task(`,"Catch":[{"ErrorEquals":["E"]}]`), "missing target ''"},
	} {
		t.Run(c.name, func(t *testing.T) {
			failures := w.Check(t, kind, inputs(c.definition, nil)).GetFailures()
			require.Len(t, failures, 1)
			require.Equal(t, "definition", failures[0].GetProperty())
			require.Contains(t, failures[0].GetReason(), "InvalidDefinition: Invalid State Machine Definition: '")
			require.Contains(t, failures[0].GetReason(), strings.ReplaceAll(c.want, `\"`, `"`))
		})
	}
}
