package httpapi_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/kit/handlertest"
	"github.com/order-patterns/order-patterns/handlers/kit/httpapi"
	"github.com/order-patterns/order-patterns/handlers/kit/trace"
	"github.com/order-patterns/order-patterns/handlers/kit/trace/tracetest"
)

var daemon *tracetest.Daemon

func TestMain(m *testing.M) { tracetest.Main(m, &daemon) }

func TestAHandlerAnswersAndOnlyItsOwnFailuresAreLogged(t *testing.T) {
	for _, c := range []struct {
		err    error
		status int
		body   string
		logged bool
	}{
		{nil, 200, `{"id":"p1"}`, false},
		{httpapi.Errorf(404, "there is none"), 404, `{"message":"there is none"}`, false},
		{errors.New("table pictures-4711 is down"), 503, `{"message":"the request was not carried out; please try again"}`, true},
		{httpapi.Errorf(500, "broken"), 500, `{"message":"broken"}`, true},
	} {
		h := httpapi.Answers{}.Handler("get picture", func(ctx context.Context, r httpapi.Request) (int, any, error) {
			trace.Annotate(ctx, "pictureId", "p1")
			return http.StatusOK, map[string]string{"id": "p1"}, c.err
		})
		r := httpapi.Request{}
		r.RequestContext.RequestID = "q-1"
		lines := handlertest.Logged(t, func() {
			answer, err := h(tracetest.Invocation(t.Context(), tracetest.Sampled, "r-1"), r)
			status, body := handlertest.Answer(t, answer, err)
			require.Equal(t, []any{c.status, c.body}, []any{status, body})
		})
		s := daemon.Next(t, 1)[0]
		require.Equal(t, []any{"get picture", "p1", c.logged}, []any{s.Name, s.Annotations["pictureId"], s.Fault})
		if !c.logged {
			require.Empty(t, lines)
			continue
		}
		require.Equal(t, []map[string]any{{
			"level": "ERROR", "msg": "request failed", "apiRequestId": "q-1", "requestId": "r-1", "traceId": tracetest.Root,
			"pictureId": "p1", "outcome": "failed", "error": c.err.Error(), "cause": c.err.Error(),
		}}, lines)
	}
}

func TestDecodeTakesOneJSONValueOfTheType(t *testing.T) {
	for body, want := range map[string]string{
		`{"id":"p1"} `:          "",
		``:                      "body: EOF",
		`{"id":1}`:              "body: json: cannot unmarshal number",
		`{"id":"p1","size":1}`:  `body: json: unknown field "size"`,
		`{"id":"p1"}{}`:         "body: must be one JSON value",
		strings.Repeat(" ", 65): "body: has 65 bytes, more than the limit of 64",
	} {
		var into struct {
			ID string `json:"id"`
		}
		fault := httpapi.Decode(httpapi.Request{Body: body}, 64, &into)
		if want == "" {
			require.Nil(t, fault, body)
			require.Equal(t, "p1", into.ID)
			continue
		}
		require.NotNil(t, fault, body)
		require.ErrorContains(t, fault, want)
	}
}
