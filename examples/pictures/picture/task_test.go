package picture_test

import (
	"errors"
	"fmt"
	"image/color"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/examples/pictures/picture"
	"github.com/order-patterns/order-patterns/examples/pictures/picture/picturetest"
	"github.com/order-patterns/order-patterns/handlers/kit/handlertest"
)

// recordedInput is the input of a task in an execution that the API started.
func recordedInput(t *testing.T) string { return string(handlertest.Recorded(t, "task.json")) }

// of is the input of a task with another body, of a request that was accepted at this time.
func of(body string, acceptedMs int) string {
	return fmt.Sprintf(`{"input":{"id":"p1","requestid":"q","accepted":%d,"body":%s},"execution":"q","attempt":0,"results":{}}`, acceptedMs, body)
}

// run runs a task as the state machine does, and returns its output and the name of its error.
func run[R any](t *testing.T, do picture.Do[R], input string) (output, errorType string) {
	t.Helper()
	output, errorType, _ = handlertest.Invoke(t, picture.Task("work", do), []byte(input))
	return output, errorType
}

// all are the tasks and then their compensations, by name.
func all(w *picturetest.World) (names []string, tasks map[string]func(*testing.T, string) (output, errorType string)) {
	return []string{"resize", "moderate", "index", "remove-index", "remove-thumbnail"}, map[string]func(*testing.T, string) (string, string){
		"resize":           func(t *testing.T, in string) (string, string) { return run(t, w.Resize, in) },
		"moderate":         func(t *testing.T, in string) (string, string) { return run(t, w.Approve, in) },
		"index":            func(t *testing.T, in string) (string, string) { return run(t, w.Index, in) },
		"remove-index":     func(t *testing.T, in string) (string, string) { return run(t, w.RemoveIndex, in) },
		"remove-thumbnail": func(t *testing.T, in string) (string, string) { return run(t, w.RemoveThumbnail, in) },
	}
}

func known(t *testing.T, w *picturetest.World) *picture.Known {
	t.Helper()
	k, err := w.Table.Get(t.Context(), "ann", "p1")
	require.NoError(t, err)
	return k
}

func TestTasksAnswerTheirResultAlsoWhenTheyAreRepeated(t *testing.T) {
	w := picturetest.New()
	w.Objects.Put("uploads/ann/p1.png", picturetest.Photo(512, 512))
	_, tasks := all(w)
	for range 2 {
		for name, want := range map[string]string{
			"resize": `{"key":"thumbnails/ann/p1.jpg","width":256,"height":256}`, "moderate": `{"approved":true}`, "index": `{"done":true}`,
		} {
			output, failed := tasks[name](t, recordedInput(t))
			require.Empty(t, failed)
			require.JSONEq(t, want, output)
		}
	}
	require.Equal(t, &picture.Known{
		ID: "p1", Owner: "ann", Title: "Sunrise", Status: "approved", Thumbnail: &picture.Thumbnail{Key: "thumbnails/ann/p1.jpg", Width: 256, Height: 256},
	}, known(t, w))
}

func TestAPictureThatIsRefusedStopsTheStateMachine(t *testing.T) {
	w := picturetest.New()
	w.Objects.Put("uploads/ann/p1.png", picturetest.Plain(100, 100, color.Black))
	_, name := run(t, w.Approve, recordedInput(t))
	require.Equal(t, "PermanentError", name)
	w.Objects.Put("uploads/ann/p1.png", picturetest.Bomb(1<<20, 1<<20))
	_, tasks := all(w)
	for _, task := range []string{"resize", "moderate"} {
		_, name = tasks[task](t, recordedInput(t))
		require.Equal(t, "PermanentError", name)
	}
}

func TestAnInputThatIsNoPictureOfTheCallerIsPermanent(t *testing.T) {
	names, tasks := all(picturetest.New())
	for _, input := range []string{
		`[]`, `{}`, of(`{}`, 1), of(`{"id":"p1","owner":"ann","key":"uploads/ann/p1.png"}`, 0),
		of(`{"id":"p1","owner":"ann","key":"uploads/bob/p1.png"}`, 1), of(`{"id":"p1","owner":"ann","key":"uploads/ann/../bob/p1.png"}`, 1),
		`{"input":{"accepted":1,"caller":"bob","body":{"id":"p1","owner":"ann","key":"uploads/ann/p1.png"}}}`,
	} {
		for _, name := range names {
			_, failed := tasks[name](t, input)
			require.Equal(t, "PermanentError", failed, "%s of %s", name, input)
		}
	}
}

func TestAnOutageIsNotPermanent(t *testing.T) {
	w := picturetest.New()
	w.Objects.Refuse = func(string) error { return errors.New("down") }
	w.Items.Fail = errors.New("down")
	names, tasks := all(w)
	for _, name := range names {
		_, failed := tasks[name](t, recordedInput(t))
		require.NotEmpty(t, failed, name)
		require.NotEqual(t, "PermanentError", failed, name)
	}
}

func TestCompensationsUndoTheTasksAndMayBeRepeated(t *testing.T) {
	w := picturetest.New()
	w.Objects.Put("uploads/ann/p1.png", picturetest.Photo(64, 64))
	_, tasks := all(w)
	for _, name := range []string{"remove-thumbnail", "resize", "moderate", "index", "remove-index", "remove-index", "remove-thumbnail", "remove-thumbnail"} {
		_, failed := tasks[name](t, recordedInput(t))
		require.Empty(t, failed, name)
	}
	require.Equal(t, []string{"uploads/ann/p1.png"}, w.Objects.Keys())
	require.Nil(t, known(t, w))
}

// A task that timed out may write after its compensation.
func TestAnIndexThatComesAfterItsRemovalIsNotStoredButALaterSubmissionIs(t *testing.T) {
	w := picturetest.New()
	const body = `{"id":"p1","owner":"ann","key":"uploads/ann/p1.png","title":"Again"}`
	output, _ := run(t, w.RemoveIndex, of(body, 1000))
	require.JSONEq(t, `{"done":true}`, output)
	output, _ = run(t, w.Index, of(body, 1000))
	require.JSONEq(t, `{"done":false}`, output)
	require.Nil(t, known(t, w))
	output, _ = run(t, w.Index, of(body, 1001))
	require.JSONEq(t, `{"done":true}`, output)
	output, _ = run(t, w.RemoveIndex, of(body, 1000))
	require.JSONEq(t, `{"done":false}`, output)
	require.Equal(t, "Again", known(t, w).Title)
}
