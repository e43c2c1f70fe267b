package stepfunctions_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestInvalidDefinitionsAreRefusedAtCreation(t *testing.T) {
	w := newWorld(t)
	const schema = "SCHEMA_VALIDATION_FAILED: "
	call := func(parameters string) string {
		return one(`"Type":"Task","Resource":"` + invokeFunction + `","End":true,"Parameters":` + parameters)
	}
	retry := func(r string) string { return task(`,"Retry":[` + r + `]`) }
	choice := func(rule string) string {
		return `{"StartAt":"S","States":{"S":{"Type":"Choice","Choices":[` + rule + `],"Default":"E"},"E":{"Type":"Succeed"}}}`
	}
	for _, c := range []struct{ name, definition, want string }{
		{"no JSON", `{`, "INVALID_JSON_DESCRIPTION: "},
		{"no object", `[]`, schema + "Value must be an object at /"},
		{"required fields", `{}`, schema + "These fields are required: [States, StartAt] at /"},
		{"no states", `{"StartAt":"S","States":{}}`, schema + "There must be at least one state at /States"},
		{"the start", `{"StartAt":"X","States":{"S":{"Type":"Succeed"}}}`, "MISSING_TRANSITION_TARGET: Missing 'Next' target: X at /StartAt, MISSING_TRANSITION_TARGET: State \"S\" is not reachable. at /States/S"},
		{"a target", `{"StartAt":"S","States":{"S":{"Type":"Pass","Next":"X"}}}`, "MISSING_TRANSITION_TARGET: Missing 'Next' target: X at /States/S/Next"},
		{"a target of a choice", choice(`{"Variable":"$.a","IsNull":true,"Next":"X"}`), "MISSING_TRANSITION_TARGET: Missing 'Next' target: X at /States/S/Choices[0]/Next"},
		{"a default", `{"StartAt":"S","States":{"S":{"Type":"Choice","Choices":[{"Variable":"$.a","IsNull":true,"Next":"S"}],"Default":"X"}}}`, "Missing 'Default' target: X at /States/S/Default"},
		{"a target of a catcher", task(`,"Catch":[{"ErrorEquals":["E"],"Next":"X"}]`), "Missing 'Next' target: X at /States/S/Catch[0]/Next"},
		{"a state that only itself leads to", `{"StartAt":"S","States":{"S":{"Type":"Succeed"},"L":{"Type":"Pass","Next":"L"}}}`, "State \"L\" is not reachable. at /States/L"},
		{"another top-level field", `{"StartAt":"S","Stats":1,"States":{"S":{"Type":"Succeed"}}}`, "The embedded cloud does not implement the field 'Stats' at /Stats"},
		{"JSONata", `{"StartAt":"S","QueryLanguage":"JSONata","States":{"S":{"Type":"Succeed"}}}`, "does not implement the field 'QueryLanguage' at /QueryLanguage"},
		{"JSONata of a state", one(`"Type":"Succeed","QueryLanguage":"JSONata"`), "does not implement the field 'QueryLanguage' at /States/S/QueryLanguage"},
		{"the version", `{"StartAt":"S","Version":"2.0","States":{"S":{"Type":"Succeed"}}}`, "does not implement the field 'Version' at /Version"},
		{"a name that is too long", `{"StartAt":"S","States":{"S":{"Type":"Pass","Next":"` + strings.Repeat("x", 81) + `"},"` + strings.Repeat("x", 81) + `":{"Type":"Succeed"}}}`, "must have at most 80 characters"},
		{"no type", one(`"End":true`), "These fields are required: [Type] at /States/S"},
		{"a type that there is not", one(`"Type":"Loop"`), "does not implement the state type 'Loop' at /States/S/Type"},
		{"Parallel", one(`"Type":"Parallel","Branches":[],"End":true`), "does not implement the state type 'Parallel' at /States/S/Type"},
		{"Map", one(`"Type":"Map","End":true`), "does not implement the state type 'Map'"},
		{"variables", one(`"Type":"Pass","Assign":{},"End":true`), "does not implement the field 'Assign' at /States/S/Assign"},
		{"a heartbeat", task(`,"HeartbeatSeconds":3`), "does not implement the field 'HeartbeatSeconds' at /States/S/HeartbeatSeconds"},
		{"credentials", task(`,"Credentials":{}`), "does not implement the field 'Credentials'"},
		{"a misspelt field", task(`,"Retries":[]`), "The embedded cloud does not implement the field 'Retries' at /States/S/Retries"},
		{"a field of another type of state", one(`"Type":"Pass","Retry":[],"End":true`), "The embedded cloud does not implement the field 'Retry' at /States/S/Retry"},
		{"no way out", one(`"Type":"Pass"`), "Exactly one of the fields Next and End: true is required at /States/S"},
		{"two ways out", one(`"Type":"Pass","Next":"S","End":true`), "Exactly one of the fields Next and End"},
		{"End of Succeed", one(`"Type":"Succeed","End":true`), "does not implement the field 'End'"},
		{"an input of Fail", one(`"Type":"Fail","InputPath":"$"`), "does not implement the field 'InputPath'"},
		{"a resource that there is not", one(`"Type":"Task","Resource":"arn:aws:states:::dynamodb:putItem","End":true`), "does not implement the resource arn:aws:states:::dynamodb:putItem, only lambda:invoke, sns:publish and sqs:sendMessage"},
		{"a way to invoke that there is not", one(`"Type":"Task","Resource":"arn:aws:states:::lambda:invoke.waitForTaskToken","End":true`), "does not implement the resource arn:aws:states:::lambda:invoke.waitForTaskToken"},
		{"a function as resource", one(`"Type":"Task","Resource":"` + echoARN + `","End":true`), "does not implement the resource " + echoARN},
		{"no resource", one(`"Type":"Task","End":true`), "These fields are required: [Resource] at /States/S"},
		{"no function", call(`{}`), "The field 'FunctionName' is required but was missing at /States/S/Parameters"},
		{"another parameter", call(`{"FunctionName":"f","Qualifier":"1"}`), "does not implement the field 'Qualifier' at /States/S/Parameters"},
		{"an asynchronous invocation", call(`{"FunctionName":"f","InvocationType":"Event"}`), "does not implement the field 'InvocationType' at /States/S/Parameters"},
		{"no topic", one(`"Type":"Task","Resource":"` + publish + `","End":true,"Parameters":{"Message":"m"}`), "The field 'TopicArn' is required but was missing"},
		{"no path", one(`"Type":"Pass","ResultPath":"order","End":true`), "Value is not a valid JSONPath at /States/S/ResultPath"},
		{"a broken path", one(`"Type":"Pass","ResultPath":"$.a[","End":true`), "Value is not a valid JSONPath"},
		{"a filter", one(`"Type":"Pass","ResultPath":"$.a[?(@.x > 1)]","End":true`), "only names and indexes, as in $.a.b[0] at /States/S/ResultPath"},
		{"recursive descent", one(`"Type":"Pass","ResultPath":"$..a","End":true`), "only names and indexes"},
		{"a result in many places", one(`"Type":"Pass","ResultPath":"$.a[*]","End":true`), "only names and indexes, as in $.a.b[0] at /States/S/ResultPath"},
		{"a result in a list", one(`"Type":"Pass","ResultPath":"$.a[0]","End":true`), "does not implement indexes in it at /States/S/ResultPath"},
		{"a list in a template", one(`"Type":"Pass","Parameters":{"a":[1]},"End":true`), "does not implement lists in payload templates at /States/S/Parameters/a"},
		{"a result in the context", one(`"Type":"Pass","ResultPath":"$$.a","End":true`), "ResultPath cannot be in the context object"},
		{"a path that is no text", one(`"Type":"Pass","ResultPath":1,"End":true`), "Expected value of type [String] at /States/S/ResultPath"},
		{"a parameter that is no path", one(`"Type":"Pass","Parameters":{"a":{"b.$":"x"}},"End":true`), "Value is not a valid JSONPath or intrinsic function: a function has the form States.Name(...), not \"x\" at /States/S/Parameters/a/b.$"},
		{"a parameter that is no text", one(`"Type":"Pass","Parameters":{"a.$":1},"End":true`), "Value must be a string that contains a JSONPath or an intrinsic function at /States/S/Parameters/a.$"},
		{"a parameter given twice", one(`"Type":"Pass","Parameters":{"a.$":"$","a":1},"End":true`), "The field 'a' is there twice"},
		{"a function that there is not", one(`"Type":"Pass","Parameters":{"a.$":"States.Nope()"},"End":true`), "does not implement the intrinsic function States.Nope"},
		{"a function that AWS has", one(`"Type":"Pass","Parameters":{"a.$":"States.MathAdd(1, 2)"},"End":true`), "does not implement the intrinsic function States.MathAdd"},
		{"too few arguments", one(`"Type":"Pass","Parameters":{"a.$":"States.StringToJson()"},"End":true`), "States.StringToJson cannot have 0 arguments"},
		{"a call without end", one(`"Type":"Pass","Parameters":{"a.$":"States.Format('{}'"},"End":true`), "expected , or ) before"},
		{"a string without end", one(`"Type":"Pass","Parameters":{"a.$":"States.Format('x)"},"End":true`), "\"'x)\" does not begin with a string"},
		{"text after a call", one(`"Type":"Pass","Parameters":{"a.$":"States.StringToJson('1') x"},"End":true`), "there is text after it"},
		{"no argument", one(`"Type":"Pass","Parameters":{"a.$":"States.Format(x)"},"End":true`), `\"x)\" does not begin with a string, number, boolean, null, path or function`},
		{"deep nesting", one(`"Type":"Pass","Parameters":{"a.$":"` + strings.Repeat("States.StringToJson(", 11) + strings.Repeat(")", 11) + `"},"End":true`), "more than 10 functions"},
		{"no time to wait", one(`"Type":"Wait","End":true`), "These fields are required: [Seconds] at /States/S"},
		{"a path to a time to wait", one(`"Type":"Wait","SecondsPath":"$","End":true`), "does not implement the field 'SecondsPath'"},
		{"part of a second", one(`"Type":"Wait","Seconds":1.5,"End":true`), "Expected value of type [Integer] at /States/S/Seconds"},
		{"a time to wait for", one(`"Type":"Wait","Timestamp":"2026-01-02T15:04:05Z","End":true`), "does not implement the field 'Timestamp'"},
		{"an error given twice", one(`"Type":"Fail","Error":"a","ErrorPath":"$.a"`), "Only one of the fields can be set: [Error, ErrorPath]"},
		{"a timeout in the data", task(`,"TimeoutSecondsPath":"$.a"`), "does not implement the field 'TimeoutSecondsPath'"},
		{"no timeout", task(`,"TimeoutSeconds":0`), "Value must be a number from 1 to"},
		{"no choices", `{"StartAt":"S","States":{"S":{"Type":"Choice","Choices":[]}}}`, "Value must be an array that is not empty at /States/S/Choices"},
		{"a choice without operator", choice(`{"Variable":"$.a","Next":"E"}`), "must have exactly one comparison operator at /States/S/Choices[0]"},
		{"a choice with two operators", choice(`{"Variable":"$.a","IsNull":true,"IsString":true,"Next":"E"}`), "must have exactly one comparison operator"},
		{"a choice without variable", choice(`{"IsNull":true,"Next":"E"}`), "These fields are required: [Variable]"},
		{"a choice without target", choice(`{"Variable":"$.a","IsNull":true}`), "These fields are required: [Next]"},
		{"a target within And", choice(`{"And":[{"Variable":"$.a","IsNull":true,"Next":"E"}],"Next":"E"}`), "The embedded cloud does not implement the field 'Next' at /States/S/Choices[0]/And[0]/Next"},
		{"an operator that there is not", choice(`{"Variable":"$.a","BooleanLessThan":true,"Next":"E"}`), "does not implement the field 'BooleanLessThan'"},
		{"an operator on times", choice(`{"Variable":"$.a","TimestampEquals":"2026-01-02T15:04:05Z","Next":"E"}`), "does not implement the field 'TimestampEquals'"},
		{"a comparison of two values", choice(`{"Variable":"$.a","StringEqualsPath":"$.b","Next":"E"}`), "does not implement the field 'StringEqualsPath'"},
		{"an operand of another type", choice(`{"Variable":"$.a","NumericEquals":"1","Next":"E"}`), "The value cannot be compared by NumericEquals at /States/S/Choices[0]/NumericEquals"},
		{"no errors to retry", retry(`{"IntervalSeconds":1}`), "These fields are required: [ErrorEquals] at /States/S/Retry[0]"},
		{"an empty list of errors", retry(`{"ErrorEquals":[]}`), "Value must be an array that is not empty"},
		{"States.ALL with others", retry(`{"ErrorEquals":["States.ALL","E"]}`), "States.ALL must appear alone"},
		{"States.ALL before others", retry(`{"ErrorEquals":["States.ALL"]},{"ErrorEquals":["E"]}`), "States.ALL must appear alone, and in the last element at /States/S/Retry[0]/ErrorEquals"},
		{"a backoff that shrinks", retry(`{"ErrorEquals":["E"],"BackoffRate":0.5}`), "Value must be a number from 1"},
		{"no interval", retry(`{"ErrorEquals":["E"],"IntervalSeconds":0}`), "Value must be a number from 1"},
		{"a negative number of attempts", retry(`{"ErrorEquals":["E"],"MaxAttempts":-1}`), "Value must be a number from 0"},
		{"a longest delay below the first", retry(`{"ErrorEquals":["E"],"IntervalSeconds":5,"MaxDelaySeconds":5}`), "MaxDelaySeconds must be greater than IntervalSeconds"},
		{"a jitter that there is not", retry(`{"ErrorEquals":["E"],"JitterStrategy":"SOME"}`), "Value must be one of [FULL, NONE]"},
		{"another field of a retrier", retry(`{"ErrorEquals":["E"],"Interval":1}`), "The embedded cloud does not implement the field 'Interval' at /States/S/Retry[0]/Interval"},
		{"a catcher without target", task(`,"Catch":[{"ErrorEquals":["E"]}]`), "These fields are required: [Next] at /States/S/Catch[0]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			failures := w.Check(t, kind, inputs(c.definition, nil)).GetFailures()
			require.Len(t, failures, 1)
			require.Equal(t, "definition", failures[0].GetProperty())
			require.Contains(t, failures[0].GetReason(), "InvalidDefinition: Invalid State Machine Definition: '")
			require.Contains(t, failures[0].GetReason(), strings.ReplaceAll(c.want, `\"`, `"`))
		})
	}
	t.Run("all problems are reported at once", func(t *testing.T) {
		reason := w.Check(t, kind, inputs(`{"StartAt":"S","States":{"S":{"Type":"Pass","Next":"X","Result":1,"Foo":2},"T":{"Type":"Wait"}}}`, nil)).GetFailures()[0].GetReason()
		for _, want := range []string{"/States/S/Foo", "target: X", "/States/T,", "is not reachable"} {
			require.Contains(t, reason, want)
		}
	})
}
