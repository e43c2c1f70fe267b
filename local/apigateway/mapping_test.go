package apigateway_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func withTemplate(t testing.TB, template string) string {
	return starts(t, func(i map[string]any) { i["requestTemplates"] = map[string]any{"application/json": template} })
}

const startTemplate = `#set($id = $input.path('$.order.orderid'))
#if(!$id || $id == "")
#set($id = $context.requestId)
#end
{"stateMachineArn":"` + machine + `","name":"$id","input":"{\"orderid\":\"$id\",\"requestid\":\"$context.requestId\",\"order\":$util.escapeJavaScript($input.json('$.order')).replaceAll("\\'","'")}"}`

func TestAnOrderReachesTheExecutionUnchanged(t *testing.T) {
	c := newCloud(t)
	c.trusts(t, "apigateway.amazonaws.com")
	a := c.deploy(t, withTemplate(t, startTemplate), nil)
	for name, order := range map[string]string{
		"plain":       `{"orderid":"o-1","city":"Rome"}`,
		"quotes":      `{"orderid":"o-1","city":"the \"eternal\" city"}`,
		"apostrophes": `{"orderid":"o-1","city":"L'Aquila, 'O Sole"}`,
		"backslashes": `{"orderid":"o-1","city":"a\\b \\' \\\" \\"}`,
		"line breaks": `{"orderid":"o-1","city":"a\nb\r\n\tc"}`,
		"unicode":     `{"orderid":"o-1","city":"Zürich 東京 ☕ 😀 \u0000\u001f\u007f\u2028"}`,
		"markup":      `{"orderid":"o-1","city":"<b>&</b> / $id #end ${x} $context.stage"}`,
		"numbers":     `{"orderid":"o-1","unitprice":3.50,"quantity":12345678901234567890,"details":[1,null,true,{}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			got := a.call(t, "POST /order/v0", `{"order":`+order+`}`)
			require.Equal(t, 200, got.status, got.body)
			var request struct{ StateMachineARN, Name, Input string }
			require.NoError(t, json.Unmarshal([]byte(a.states.body), &request), a.states.body)
			require.Equal(t, machine, request.StateMachineARN)
			require.Equal(t, "o-1", request.Name)
			require.JSONEq(t, `{"orderid":"o-1","requestid":"`+got.header.Get("x-amzn-RequestId")+`","order":`+order+`}`, request.Input)
		})
	}
	for _, body := range []string{`{"order":{}}`, `{"order":{"orderid":""}}`, `{"order":{"orderid":null}}`} {
		got := a.call(t, "POST /order/v0", body)
		require.Contains(t, a.states.body, `"name":"`+got.header.Get("x-amzn-RequestId")+`"`, "the request names an order without an id")
	}
	require.Equal(t, "StartExecution", a.states.action)
	require.Equal(t, "arn:aws:sts::123456789012:assumed-role/gateway/BackplaneAssumeRoleSession", a.states.by.ARN)
}

func TestTemplatesRenderAsAPIGatewayDoes(t *testing.T) {
	c := newCloud(t)
	c.trusts(t, "apigateway.amazonaws.com")
	const body = `{"s":"text","n":7,"f":1.50,"t":true,"u":null,"e":"","l":[1,"two",{"b":1}],"o":{"a":{"b":"deep"}},"a-b":"dash","q":"it's \"é\"/<"}`
	for name, test := range map[string]struct{ template, want string }{
		"nothing":                {"", ""},
		"text":                   {`{"a": "$1 # $ 5% $.x"}`, `{"a": "$1 # $ 5% $.x"}`},
		"path":                   {`$input.path('$.s')|$input.path("$.n")|$input.path('$.f')|$input.path('$.t')`, `text|7|1.50|true`},
		"path without a value":   {`[$input.path('$.x')$!input.path('$.x')$input.path('$.x.y')$input.path('$.u')]`, `[]`},
		"path of places":         {`$input.path('$.l[1]') $input.path('$.l[-2]') $input.path("$['a-b']") [$input.path('$.l[9]')]`, `two two dash []`},
		"list":                   {`$input.path('$.l')`, `[1,"two",{"b":1}]`},
		"json":                   {`$input.json('$.o') $input.json('$.s') $input.json('$.f') $input.json('$.u') $input.json("$.x")`, `{"a":{"b":"deep"}} "text" 1.50 null ""`},
		"json as written":        {`$input.json('$.q')`, `"it's \"é\"/<"`},
		"body":                   {`$input.body`, body},
		"context":                {`$context.stage $context.httpMethod $context.resourcePath [$context.authorizer.none]`, `prod POST /order/{vendorid} []`},
		"context in a JSON text": {`"$context.identity.userAgent"`, `"a "quoted" agent"`},
		"set":                    {"#set($x = 1)\n#set( $y='b' )\t\n$x$y", `1b`},
		"set from nothing":       {`#set($x = 1)#set($x = $input.path('$.x'))$x`, `1`},
		"set in no branch":       {`#if(false)#set($x = 1)#end[$x]`, `[]`},
		"strings":                {`#set($y = "a ""c"" \")#set($z = 'a $x ''c''')$y $z`, `a "c" \ a $x 'c'`},
		"escape":                 {`$util.escapeJavaScript($input.path('$.q')) [$util.escapeJavaScript($input.path('$.u'))] $util.escapeJavaScript($input.path('$.n'))`, `it\'s \"\u00E9\"/< [] 7`},
		"replaceAll":             {`$input.path('$.s').replaceAll("^.*e","").replaceAll('t', "''") [$input.path('$.n').replaceAll("7", "")]`, `x'' []`},
		"contains":               {`$input.path('$.s').contains("ex") $input.path('$.s').contains($input.path('$.n')) [$input.path('$.x').contains("e")]`, `true false []`},
		"if":                     {`#if($input.path('$.s') == "text")yes#end`, `yes`},
		"elseif":                 {`#if($input.path('$.n') == 1)one#elseif($input.path('$.n') == 7)seven#elseif(true)more#else none#end`, `seven`},
		"else":                   {`#if($input.path('$.x'))yes#{else}no#end`, `no`},
		"no branch":              {`a#if(false)b#end#if(!true)c#elseif(false)d#{end}e`, `ae`},
		"nested":                 {`#if(true)#if(false)a#else#if(true)b#end#end#end`, `b`},
		"line breaks":            {"a\n#if (true)\nb\n#else\nc\n#end\nd", "a\nb\nd"},
		"truth":                  {`#if("")a#end#if(0)b#end#if($input.path('$.e'))c#end#if($input.path('$.u'))d#end#if(!$input.path('$.x'))e#end`, `abce`},
		"equality":               {`#if(1 == 1.0 && 1 == "1" && "true" == true && $input.path('$.x') == $input.path('$.u'))a#end#if($input.path('$.x') == "" || 1 != 1 || "A" == 'a')b#end`, `a`},
		"length":                 {`$input.path('$.s').length() $input.body.replaceAll("(?s).*","🙂é").length() [$input.path('$.n').length()]`, `4 3 []`},
		"greater":                {`#if($input.path('$.s').length() > 3)a#end#if(4 > 4)b#end#if("5" > 4 || $input.path('$.x') > 1)c#end`, `a`},
		"header override":        {`#set($context.requestOverride.header.X-Id = $input.path('$.s'))$context.requestOverride.header.X-Id [$context.requestOverride.header.Y]`, `text []`},
		"header without a value": {`#set($context.requestOverride.header.X-Id = $input.path('$.x'))[$context.requestOverride.header.X-Id]`, `[]`},
		"precedence":             {`#if(true || false && false)a#end#if((true || false) && false)b#end#if(!false == true)c#end`, `ac`},
	} {
		t.Run(name, func(t *testing.T) {
			a := c.deploy(t, withTemplate(t, test.template), nil)
			got := a.call(t, "POST /order/v0?city=Paris&city=Rome", body, "X-Client", "me", "User-Agent", `a "quoted" agent`)
			require.Equal(t, 200, got.status, got.body)
			require.Equal(t, test.want, a.states.body)
		})
	}
}

func TestABodyThatIsNotJSONIsRefused(t *testing.T) {
	c := newCloud(t)
	c.trusts(t, "apigateway.amazonaws.com")
	a := c.deploy(t, withTemplate(t, `$input.json('$.a') $input.body`), nil)
	for _, body := range []string{"{", "{} {}", "text", strings.Repeat("[", 20_000)} {
		got := a.call(t, "POST /order/v0", body)
		require.Equal(t, 400, got.status)
		require.Contains(t, got.body, "Could not parse request body into json: ")
		require.Equal(t, "BadRequestException", got.header.Get("x-amzn-ErrorType"))
	}
	require.Zero(t, c.states.calls)
	require.Equal(t, 200, a.call(t, "POST /order/v0", "").status)
	require.Equal(t, `"" {}`, c.states.body, "no body is an empty object to $input.body, and has no members")

	for _, template := range []string{`$input.path('$')`, `$input.path('$.l').contains("a")`} {
		got := c.deploy(t, withTemplate(t, template), nil).call(t, "POST /order/v0", `{"l":["a"]}`)
		require.Equal(t, 500, got.status, "what Java would show is not shown wrong: %s", template)
	}
	require.Equal(t, 1, c.states.calls)
}

func TestTemplatesAreRefusedByName(t *testing.T) {
	c := newCloud(t)
	for name, test := range map[string]struct{ template, want string }{
		"foreach":               {"a\n#foreach($x in $y)#end", "line 2: the directive #foreach is not supported"},
		"define":                {"#define($x)a#end", "the directive #define is not supported"},
		"macro call":            {"#loop()", "the directive #loop is not supported"},
		"block comment":         {"#* a *#", `"#* a *#" is not supported`},
		"literal block":         {"#[[a]]#", "is not supported"},
		"escape":                {`\$context.stage`, `"\\$context.stage" is not supported`},
		"escaped directive":     {`\#if`, `"\\#if" is not supported`},
		"unset variable":        {"$id #set($id = 1)", "no #set before names the variable $id"},
		"unset in itself":       {`#set($x = $x)`, "no #set before names the variable $x"},
		"context":               {"$context.identity.cognitoIdentityId", "$context.identity.cognitoIdentityId is not supported"},
		"context of logs":       {"$context.status", "$context.status is not supported"},
		"bare context":          {"$context", "$context is not supported"},
		"input":                 {"$input", "$input is not supported"},
		"parameters":            {"$input.params('a')", `$input.params("a") is not supported`},
		"input property":        {"$input.path", "$input.path is not supported"},
		"util":                  {"$util.parseJson('1')", `$util.parseJson("1") is not supported`},
		"stage variables":       {"$stageVariables.get('a')", `$stageVariables.get("a") is not supported`},
		"filter":                {"$input.path('$.a[?(@.b == 1)]')", "only a path of one value"},
		"wildcard":              {"$input.json('$.*')", "only a path of one value"},
		"descent":               {"$input.json('$..a')", "only a path of one value"},
		"slice":                 {"$input.json('$.a[0:2]')", "only a path of one value"},
		"no path":               {"$input.json('a')", "it must begin with $"},
		"variable path":         {`#set($x = 'a')$input.json("$.$x")`, "the reference or directive in"},
		"path of a variable":    {`#set($x = 'a')$input.json($x)`, "is not a quoted JSONPath"},
		"index":                 {"#set($x = 1)$x[0]", "the index after $x is not supported"},
		"method":                {"$input.body.substring(1)", "$input.body.substring(1) is not supported"},
		"method's arguments":    {"$input.body.contains()", "$input.body.contains() is not supported"},
		"regular expression":    {`$input.body.replaceAll("(?=a)", "")`, "only a regular expression without look-around"},
		"replacement":           {`$input.body.replaceAll("(a)", "$1")`, "a replacement without"},
		"variable expression":   {`#set($x = "a")$input.body.replaceAll($x, "")`, "both quoted"},
		"less than":             {"#if(1 < 2)#end", `1 < 2 is not supported`},
		"arithmetic":            {"#set($x = 1 + 1)", `1 + 1 is not supported`},
		"word operator":         {"#if(true and true)#end", `the expression "true and true" is not supported`},
		"list":                  {"#set($x = [1])", `the expression "[1]" is not supported`},
		"set of a property":     {"#set($x.y = 1)", "#set of $x.y is not supported"},
		"set of a built-in":     {"#set($input = 1)", "#set of $input is not supported"},
		"status of a request":   {"#set($context.responseOverride.status = 400)", "#set of $context.responseOverride.status is not supported here"},
		"header override":       {"#set($context.requestOverride.path.a = 1)", "#set of $context.requestOverride.path.a is not supported"},
		"set without a value":   {"#set($x)", "#set must be like"},
		"set twice equal":       {"#set($x == 1)", `the expression "= 1" is not supported`},
		"if without end":        {"#if(true) a", "#if without #end"},
		"else without end":      {"#if(true)#else", "#else without #end"},
		"end without if":        {"a #end", "#end without #if"},
		"else after else":       {"#if(true)#else#else#end", "#else without #end"},
		"if without condition":  {"#if a", `expected "("`},
		"braces":                {"${context.stage}", `"${context.stage}" is not supported`},
		"comment":               {"a## b", `"## b" is not supported`},
		"property":              {"#set($x = $input.path('$'))$x.y", "$x.y is not supported"},
		"negative number":       {"#set($x = -1)", "-1 is not supported"},
		"unclosed string":       {`#set($x = "a)`, `is not supported by the embedded cloud`},
		"unclosed call":         {`$input.path('$.a'`, `a matching ")"`},
		"lone operator":         {`#if(true &&)#end`, `the expression "true &&" is not supported`},
		"directive in a string": {`#set($x = "#foreach")`, `the reference or directive in "#foreach" is not supported`},
		"reference in a string": {`#set($x = 1)#set($y = "a $x")`, `the reference or directive in "a $x" is not supported`},
	} {
		t.Run(name, func(t *testing.T) {
			failures := c.Check(t, apiType, map[string]any{"body": withTemplate(t, test.template)}).GetFailures()
			require.Len(t, failures, 1)
			require.Contains(t, failures[0].GetReason(), test.want)
			require.Contains(t, failures[0].GetReason(), integrationExtension+".requestTemplates.application/json: line ")
		})
	}
}
