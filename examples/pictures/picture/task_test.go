package picture_test

import (
	"encoding/json"
	"errors"
	"image/color"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/examples/pictures/picture"
	"github.com/order-patterns/order-patterns/examples/pictures/picture/picturetest"
	"github.com/order-patterns/order-patterns/handlers/kit/handlertest"
)

const job = `{"id":"p1","owner":"ann","key":"uploads/ann/p1.png","title":"Sunrise","submitted":"2026-03-01T08:30:00Z","execution":"e1"}`

// run runs a task as the state machine does, and returns its output and the name of its error.
func run(t *testing.T, do picture.Do, input string) (output, errorType string) {
	t.Helper()
	output, errorType, _ = handlertest.Invoke(t, picture.Task("work", do), []byte(input))
	return output, errorType
}

func TestTheOutputOfATaskIsTheInputOfTheNext(t *testing.T) {
	w := picturetest.New()
	w.Objects.Put("uploads/ann/p1.png", picturetest.Photo(512, 512))
	out := job
	for _, do := range []picture.Do{w.Resize, w.Approve, w.Index} {
		var name string
		out, name = run(t, do, out)
		require.Empty(t, name)
		again, _ := run(t, do, out)
		require.JSONEq(t, out, again, "a task that is repeated gives the same")
	}
	require.JSONEq(t, `{"id":"p1","owner":"ann","key":"uploads/ann/p1.png","title":"Sunrise","submitted":"2026-03-01T08:30:00Z",
		"thumbnail":{"key":"thumbnails/ann/p1.jpg","width":256,"height":256},"verdict":{"approved":true}}`, out)
	known, err := w.Table.Get(t.Context(), "ann", "p1")
	require.NoError(t, err)
	text, err := json.Marshal(known)
	require.NoError(t, err)
	require.JSONEq(t, `{"id":"p1","owner":"ann","title":"Sunrise","status":"approved","thumbnail":{"key":"thumbnails/ann/p1.jpg","width":256,"height":256}}`, string(text))
}

func TestOnlyAnErrorThatMayPassIsRetried(t *testing.T) {
	w := picturetest.New()
	w.Objects.Put("uploads/ann/p1.png", picturetest.Plain(100, 100, color.Black))
	_, name := run(t, w.Approve, job)
	require.Equal(t, "PermanentError", name, "a picture that is refused stops the state machine")
	w.Objects.Put("uploads/ann/p1.png", picturetest.Bomb(1<<20, 1<<20))
	for _, do := range []picture.Do{w.Resize, w.Approve} {
		_, name = run(t, do, job)
		require.Equal(t, "PermanentError", name)
	}
	for _, input := range []string{`[]`, `{}`, `{"id":"p1","owner":"ann","key":"uploads/bob/p1.png"}`, `{"id":"p1","owner":"ann","key":"uploads/ann/../bob/p1.png"}`} {
		_, name = run(t, w.Index, input)
		require.Equal(t, "PermanentError", name, input)
	}
	w.Objects.Refuse = func(string) error { return errors.New("down") }
	w.Items.Fail = errors.New("down")
	for _, do := range []picture.Do{w.Resize, w.Approve, w.Index, w.RemoveThumbnail, w.RemoveIndex} {
		_, name = run(t, do, job)
		require.NotEmpty(t, name)
		require.NotEqual(t, "PermanentError", name)
	}
}

func TestCompensationsUndoTheTasksAndMayBeRepeated(t *testing.T) {
	w := picturetest.New()
	w.Objects.Put("uploads/ann/p1.png", picturetest.Photo(64, 64))
	for _, do := range []picture.Do{w.RemoveIndex, w.RemoveThumbnail, w.Resize, w.Index, w.RemoveIndex, w.RemoveIndex, w.RemoveThumbnail, w.RemoveThumbnail} {
		_, name := run(t, do, job)
		require.Empty(t, name)
	}
	require.Equal(t, []string{"uploads/ann/p1.png"}, w.Objects.Keys())
	known, err := w.Table.Get(t.Context(), "ann", "p1")
	require.NoError(t, err)
	require.Nil(t, known)
}

// A task that timed out may write after its compensation.
func TestAnIndexThatComesAfterItsRemovalIsNotStoredButALaterSubmissionIs(t *testing.T) {
	w := picturetest.New()
	for _, do := range []picture.Do{w.RemoveIndex, w.Index} {
		_, name := run(t, do, job)
		require.Empty(t, name)
	}
	known, err := w.Table.Get(t.Context(), "ann", "p1")
	require.NoError(t, err)
	require.Nil(t, known)
	_, name := run(t, w.Index, `{"id":"p1","owner":"ann","key":"uploads/ann/p1.png","title":"Again","submitted":"2026-03-01T08:31:00Z"}`)
	require.Empty(t, name)
	_, name = run(t, w.RemoveIndex, job)
	require.Empty(t, name)
	known, err = w.Table.Get(t.Context(), "ann", "p1")
	require.NoError(t, err)
	require.Equal(t, "Again", known.Title)
}
