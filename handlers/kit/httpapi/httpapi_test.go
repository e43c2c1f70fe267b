package httpapi_test

import (
	"encoding/base64"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/kit/httpapi"
)

func TestEveryAnswerIsJSONWithTheCORSHeader(t *testing.T) {
	for name, r := range map[string]httpapi.Response{
		"success": httpapi.Answers{}.JSON(200, map[string]string{"url": "a&b"}),
		"failure": httpapi.Answers{}.Fail(httpapi.Errorf(404, "no %s", "order")),
		"broken":  httpapi.Answers{}.JSON(200, math.NaN()),
	} {
		require.Equal(t, map[string]string{"Content-Type": "application/json", "Access-Control-Allow-Origin": "*"}, r.Headers, name)
	}
	require.Equal(t, `{"url":"a&b"}`, httpapi.Answers{}.JSON(200, map[string]string{"url": "a&b"}).Body)
	require.Equal(t, `{"message":"no order"}`, httpapi.Answers{}.Fail(httpapi.Errorf(404, "no %s", "order")).Body)
	require.Equal(t, "https://x.example", httpapi.Answers{AllowOrigin: "https://x.example"}.JSON(200, 1).Headers["Access-Control-Allow-Origin"])
}

func TestAnswerThatCannotBeWrittenIsA500(t *testing.T) {
	r := httpapi.Answers{}.JSON(200, math.NaN())
	require.Equal(t, 500, r.StatusCode)
	require.JSONEq(t, `{"message":"the answer could not be written"}`, r.Body)
}

func TestErrorsHaveTheLayoutOfTheAPI(t *testing.T) {
	a := httpapi.Answers{Layout: httpapi.StatusDescription}
	require.Equal(t, `{"status":404,"description":"no order"}`, a.Fail(httpapi.Errorf(404, "no order")).Body)
	r := a.JSON(200, math.NaN())
	require.Equal(t, 500, r.StatusCode)
	require.Equal(t, `{"status":500,"description":"the answer could not be written"}`, r.Body)
}

func TestBody(t *testing.T) {
	text := `{"order":1}`
	body, fault := httpapi.Body(httpapi.Request{Body: text})
	require.Nil(t, fault)
	require.Equal(t, text, string(body))

	body, fault = httpapi.Body(httpapi.Request{Body: base64.StdEncoding.EncodeToString([]byte(text)), IsBase64Encoded: true})
	require.Nil(t, fault)
	require.Equal(t, text, string(body))

	_, fault = httpapi.Body(httpapi.Request{Body: "*", IsBase64Encoded: true})
	require.Equal(t, httpapi.Errorf(400, "body: is not valid base64"), fault)

	_, fault = httpapi.Body(httpapi.Request{Body: strings.Repeat(" ", httpapi.MaxBody)})
	require.Nil(t, fault)
	_, fault = httpapi.Body(httpapi.Request{Body: strings.Repeat(" ", httpapi.MaxBody+1)})
	require.Equal(t, httpapi.Errorf(413, "body: has 65537 bytes, more than the limit of 65536"), fault)
	_, fault = httpapi.BodyUpTo(httpapi.Request{Body: strings.Repeat(" ", httpapi.MaxBody+1)}, httpapi.MaxBody+1)
	require.Nil(t, fault)
}

func TestAQueryParameterIsGivenOnce(t *testing.T) {
	value, found, fault := httpapi.Query(httpapi.Request{QueryStringParameters: map[string]string{"a": ""}}, "a")
	require.Nil(t, fault)
	require.True(t, found)
	require.Empty(t, value)
	_, found, fault = httpapi.Query(httpapi.Request{}, "a")
	require.Nil(t, fault)
	require.False(t, found)
	_, _, fault = httpapi.Query(httpapi.Request{MultiValueQueryStringParameters: map[string][]string{"a": {"1", "2"}}}, "a")
	require.Equal(t, httpapi.Errorf(400, "query parameter a: is given 2 times"), fault)
}

func TestAHeaderIsFoundInAnyLetterCaseAndOnce(t *testing.T) {
	for name, c := range map[string]struct {
		in    httpapi.Request
		value string
		found bool
	}{
		"none":       {},
		"as written": {httpapi.Request{Headers: map[string]string{"Idempotency-Key": "k"}}, "k", true},
		"lower case": {httpapi.Request{Headers: map[string]string{"idempotency-key": "k"}}, "k", true},
		"empty":      {httpapi.Request{Headers: map[string]string{"IDEMPOTENCY-KEY": ""}}, "", true},
		"other":      {httpapi.Request{Headers: map[string]string{"Idempotency": "k"}}, "", false},
	} {
		value, found, fault := httpapi.Header(c.in, "Idempotency-Key")
		require.Nil(t, fault, name)
		require.Equal(t, c.value, value, name)
		require.Equal(t, c.found, found, name)
	}
	_, _, fault := httpapi.Header(httpapi.Request{
		Headers: map[string]string{"idempotency-key": "b"}, MultiValueHeaders: map[string][]string{"idempotency-key": {"a", "b"}},
	}, "Idempotency-Key")
	require.Equal(t, httpapi.Errorf(400, "header Idempotency-Key: is given 2 times"), fault)
	_, _, fault = httpapi.Header(httpapi.Request{
		MultiValueHeaders: map[string][]string{"idempotency-key": {"a"}, "Idempotency-Key": {"b"}},
	}, "Idempotency-Key")
	require.Equal(t, httpapi.Errorf(400, "header Idempotency-Key: is given 2 times"), fault)
}
