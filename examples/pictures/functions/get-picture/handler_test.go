package main

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/examples/pictures/picture"
	"github.com/order-patterns/order-patterns/examples/pictures/picture/picturetest"
	"github.com/order-patterns/order-patterns/handlers/kit/caller"
	"github.com/order-patterns/order-patterns/handlers/kit/handlertest"
	"github.com/order-patterns/order-patterns/handlers/kit/httpapi"
)

var sunrise = picture.Picture{ID: "p1", Owner: "ann", Key: "originals/ann/p1", Title: "Sunrise", Submitted: picturetest.Now}

func recorded(t *testing.T) httpapi.Request {
	t.Helper()
	return handlertest.Event[httpapi.Request](t, "get-picture.json")
}

func call(t *testing.T, h *handler, r httpapi.Request) (status int, body string) {
	t.Helper()
	answer, err := httpapi.Answers{}.Handler("get picture", h.get)(t.Context(), r)
	return handlertest.Answer(t, answer, err)
}

func TestAPictureIsKnownInParts(t *testing.T) {
	for _, c := range []struct {
		content []byte
		answers []string // before and after each step
	}{
		{picturetest.Photo(64, 32), []string{
			`{"message":"there is no picture p1 of ann"}`,
			`{"id":"p1","owner":"ann","title":"Sunrise","status":"processing"}`,
			`{"id":"p1","owner":"ann","title":"Sunrise","status":"processing","thumbnail":{"key":"thumbnails/ann/p1.jpg","width":64,"height":32}}`,
			`{"id":"p1","owner":"ann","title":"Sunrise","status":"approved","thumbnail":{"key":"thumbnails/ann/p1.jpg","width":64,"height":32}}`,
		}},
		{picturetest.Photo(64, 31), []string{
			`{"message":"there is no picture p1 of ann"}`,
			`{"id":"p1","owner":"ann","title":"Sunrise","status":"processing"}`,
			`{"id":"p1","owner":"ann","title":"Sunrise","status":"processing","thumbnail":{"key":"thumbnails/ann/p1.jpg","width":64,"height":31}}`,
			`{"id":"p1","owner":"ann","title":"Sunrise","status":"refused","reason":"it is 64 by 31 pixels, and must have 32 on each side"}`,
		}},
	} {
		w := picturetest.New()
		w.Objects.Put("originals/ann/p1", c.content)
		h := &handler{table: w.Table}
		for i, do := range []func() error{
			func() error { return nil },
			func() error { _, err := w.Index(t.Context(), sunrise); return err },
			func() error { _, err := w.Resize(t.Context(), sunrise); return err },
			func() error { _, err := w.Moderate(t.Context(), sunrise); return err },
		} {
			require.NoError(t, do())
			status, body := call(t, h, recorded(t))
			require.Equal(t, c.answers[i], body)
			require.Equal(t, map[bool]int{true: 200, false: 404}[i > 0], status)
		}
	}
}

func TestABadQueryIsRefused(t *testing.T) {
	for want, query := range map[string]map[string]string{
		"query parameter owner: is missing":                {"id": "p1"},
		"query parameter id: is missing":                   {"owner": "ann"},
		"query parameter id: must be 1 to 64 letters":      {"owner": "ann", "id": "p1/verdict"},
		"query parameter owner: must be 1 to 64 letters, ": {"owner": "", "id": "p1"},
	} {
		r := recorded(t)
		r.QueryStringParameters, r.MultiValueQueryStringParameters = query, nil
		status, body := call(t, &handler{}, r)
		require.Equal(t, 400, status)
		require.Contains(t, body, want)
	}
}

func TestATableThatIsDownIsAnsweredBy503(t *testing.T) {
	w := picturetest.New()
	w.Items.Fail = errors.New("down")
	status, body := call(t, &handler{table: w.Table}, recorded(t))
	require.Equal(t, []any{503, `{"message":"the request was not carried out; please try again"}`}, []any{status, body})
}

func TestOnlyTheOwnerMayRead(t *testing.T) {
	w := picturetest.New()
	_, err := w.Index(t.Context(), sunrise)
	require.NoError(t, err)
	for name, c := range handlertest.Callers(recorded(t), "ann") {
		status, _ := call(t, &handler{table: w.Table, callers: caller.Check{ByToken: true}}, c.Request)
		require.Equal(t, c.Allowed, status == 200, name)
	}
}
