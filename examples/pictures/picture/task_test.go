package picture_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image/color"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/examples/pictures/picture"
	"github.com/order-patterns/order-patterns/examples/pictures/picture/picturetest"
	"github.com/order-patterns/order-patterns/handlers/kit/bucket/buckettest"
	"github.com/order-patterns/order-patterns/handlers/kit/handlertest"
)

// recordedInput is the input of a task in an execution that the API started.
func recordedInput(t *testing.T) string { return string(handlertest.Recorded(t, "task.json")) }

// of is the input of a task of an execution about a picture.
func of(execution, body, results string) string {
	return fmt.Sprintf(`{"input":{"id":"p1","requestid":"q","accepted":1,"body":%s},"execution":%q,"attempt":0,"results":%s}`, body, execution, results)
}

// run runs a task as the state machine does, and returns its output and the name of its error.
func run[R any](t *testing.T, do func(context.Context, picture.Execution) (R, error), input string) (output, errorType string) {
	t.Helper()
	output, errorType, _ = handlertest.Invoke(t, picture.Task("work", do), []byte(input))
	return output, errorType
}

// all are the tasks and then the compensation, by name.
func all(w *picturetest.World) (names []string, tasks map[string]func(*testing.T, string) (output, errorType string)) {
	return []string{"resize", "moderate", "index", "remove"}, map[string]func(*testing.T, string) (string, string){
		"resize":   func(t *testing.T, in string) (string, string) { return run(t, w.Tasks().Resize, in) },
		"moderate": func(t *testing.T, in string) (string, string) { return run(t, w.Tasks().Moderate, in) },
		"index":    func(t *testing.T, in string) (string, string) { return run(t, w.Tasks().Index, in) },
		"remove":   func(t *testing.T, in string) (string, string) { return run(t, w.Tasks().Remove, in) },
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
	body, results := `{"id":"p1","owner":"ann","key":"uploads/ann/p1.png","title":"Sunrise"}`, "{}"
	for range 2 {
		output, failed := tasks["resize"](t, of("q", body, results))
		require.Empty(t, failed)
		results = `{"resize":` + output + `}`
		var images picture.Images
		require.NoError(t, json.Unmarshal([]byte(output), &images))
		require.Equal(t, picture.Thumbnail{Key: "thumbnails/ann/p1/q.jpg", Width: 256, Height: 256}, images.Thumbnail)
		require.Equal(t, "originals/ann/p1/q", images.Original)
		require.Equal(t, picturetest.Photo(512, 512), w.Objects.Get("originals/ann/p1/q"))
		for name, want := range map[string]string{"moderate": `{"approved":true}`, "index": `{"done":true}`} {
			output, failed = tasks[name](t, of("q", body, results))
			require.Empty(t, failed)
			require.JSONEq(t, want, output)
		}
		// What was copied is the picture, whatever its owner uploads later.
		w.Objects.Put("uploads/ann/p1.png", picturetest.Plain(100, 100, color.Black))
	}
	// Another execution about the same picture has nothing to do, and another title would be another picture.
	output, _ := tasks["index"](t, of("r", body, results))
	require.JSONEq(t, `{"done":false}`, output)
	_, failed := tasks["index"](t, of("r", strings.Replace(body, "Sunrise", "Sunset", 1), results))
	require.Equal(t, "PermanentError", failed)
	require.Equal(t, &picture.Known{
		ID: "p1", Owner: "ann", Title: "Sunrise", Status: "approved", Thumbnail: &picture.Thumbnail{Key: "thumbnails/ann/p1/q.jpg", Width: 256, Height: 256},
	}, known(t, w))
	require.Equal(t, imagesOf("q"), stored(w))
}

// overtaken is a bucket to which another attempt at the same task is always faster to write.
type overtaken struct {
	*buckettest.Bucket
	content []byte
}

func (o overtaken) PutObject(ctx context.Context, in *s3.PutObjectInput, options ...func(*s3.Options)) (*s3.PutObjectOutput, error) {
	o.Put(*in.Key, o.content)
	return o.Bucket.PutObject(ctx, in, options...)
}

func TestOfTwoAttemptsTheFirstCopyCounts(t *testing.T) {
	w := picturetest.New()
	w.Objects.Put("uploads/ann/p1.png", picturetest.Photo(64, 64))
	w.Bucket.Client = overtaken{w.Objects, picturetest.Photo(32, 32)}
	output, failed := run(t, w.Tasks().Resize, recordedInput(t))
	require.Empty(t, failed)
	require.Contains(t, output, `"width":32,"height":32`)
}

func TestAnImageThatCannotBeDecodedIsPermanentAndLeavesNothing(t *testing.T) {
	w := picturetest.New()
	_, tasks := all(w)
	for _, content := range [][]byte{picturetest.Bomb(1<<20, 1<<20), picturetest.Photo(64, 64)[:60]} {
		w.Objects.Put("uploads/ann/p1.png", content)
		_, failed := tasks["resize"](t, recordedInput(t))
		require.Equal(t, "PermanentError", failed)
		require.Equal(t, []string{"uploads/ann/p1.png"}, w.Objects.Keys())
	}
}

func TestAnInputThatIsNoPictureOfTheCallerIsPermanent(t *testing.T) {
	names, tasks := all(picturetest.New())
	for _, input := range []string{
		`[]`, `{}`, of("q", `{}`, `{}`), of("", `{"id":"p1","owner":"ann","key":"uploads/ann/p1.png"}`, `{}`), of("a/b", `{"id":"p1","owner":"ann","key":"uploads/ann/p1.png"}`, `{}`),
		of("q", `{"id":"p1","owner":"ann","key":"uploads/bob/p1.png"}`, `{}`), of("q", `{"id":"p1","owner":"ann","key":"uploads/ann/../bob/p1.png"}`, `{}`),
		`{"input":{"caller":"bob","body":{"id":"p1","owner":"ann","key":"uploads/ann/p1.png"}},"execution":"q"}`,
	} {
		for _, name := range names {
			_, failed := tasks[name](t, input)
			require.Equal(t, "PermanentError", failed, "%s of %s", name, input)
		}
	}
	_, failed := tasks["index"](t, recordedInput(t))
	require.Equal(t, "PermanentError", failed, "without a result of resize")
}

func TestAnOutageIsNotPermanent(t *testing.T) {
	w := picturetest.New()
	w.Objects.Refuse = func(string) error { return errors.New("down") }
	w.Items.Fail = errors.New("down")
	names, tasks := all(w)
	for _, name := range names {
		_, failed := tasks[name](t, of("q", `{"id":"p1","owner":"ann","key":"uploads/ann/p1.png"}`, `{"resize":{}}`))
		require.NotEmpty(t, failed, name)
		require.NotEqual(t, "PermanentError", failed, name)
	}
}
