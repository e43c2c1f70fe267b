package picture_test

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"slices"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/examples/pictures/picture"
	"github.com/order-patterns/order-patterns/examples/pictures/picture/picturetest"
	"github.com/order-patterns/order-patterns/handlers/kit/handlertest"
)

// consume processes a recorded batch, and returns the ids of the failed messages and the bodies of the dead letters.
func consume[R any](t *testing.T, file string, do picture.Do[R]) (failed, dead []string) {
	t.Helper()
	q := &handlertest.Queue{}
	response, err := q.Consumer().Handler(1, picture.Consumer(do))(t.Context(), handlertest.Event[events.SQSEvent](t, file))
	return handlertest.Failed(t, response, err), q.DeadBodies()
}

// filled has the originals of the recorded batch.
func filled() *picturetest.World {
	w := picturetest.New()
	w.Objects.Put("originals/ann/p1", picturetest.Photo(512, 256))
	w.Objects.Put("originals/ann/p2", picturetest.Plain(100, 100, color.Black))
	w.Objects.Put("originals/ann/bomb", picturetest.Bomb(60_000, 60_000))
	w.Objects.Put("originals/ann/large", append(picturetest.Photo(32, 32), make([]byte, picture.MaxBytes)...))
	return w
}

func recorded(t *testing.T, indexes ...int) (bodies []string) {
	t.Helper()
	for _, i := range indexes {
		bodies = append(bodies, handlertest.Event[events.SQSEvent](t, "pictures.json").Records[i].Body)
	}
	return bodies
}

func TestPicturesAreResizedOnceAndWhatCanNeverBeIsADeadLetter(t *testing.T) {
	w := filled()
	failed, dead := consume(t, "pictures.json", w.Resize)
	require.Empty(t, failed)
	require.Equal(t, recorded(t, 1, 2, 5, 6), dead, "not JSON, a decompression bomb, a bad id, too many bytes")
	thumbnail, _, err := image.Decode(bytes.NewReader(w.Objects.Get("thumbnails/ann/p1.jpg")))
	require.NoError(t, err)
	require.Equal(t, image.Pt(256, 128), thumbnail.Bounds().Size())
	require.Equal(t, map[string]bool{"ann/p1/thumbnail": true, "ann/p2/thumbnail": true}, w.Parts())
}

func TestAFailureAffectsItsOwnMessageOnly(t *testing.T) {
	for name, consume := range map[string]func(*picturetest.World) (failed, dead []string){
		"resize":   func(w *picturetest.World) (failed, dead []string) { return consume(t, "pictures.json", w.Resize) },
		"moderate": func(w *picturetest.World) (failed, dead []string) { return consume(t, "pictures.json", w.Moderate) },
	} {
		w := filled()
		w.Objects.Refuse = func(key string) error {
			if key == "originals/ann/p2" {
				return errors.New("SlowDown")
			}
			return nil
		}
		failed, dead := consume(w)
		require.Equal(t, []string{"00000000-0000-4000-8000-000000000004"}, failed, name)
		require.Len(t, dead, 4, name)
		require.Len(t, w.Parts(), 1, name)
		w.Objects.Refuse = nil
		failed, _ = consume(w)
		require.Empty(t, failed, name)
		require.Len(t, w.Parts(), 2, name)
	}
}

func TestATableThatIsDownFailsAllButThePoison(t *testing.T) {
	w := filled()
	w.Items.Fail = errors.New("InternalServerError")
	failed, dead := consume(t, "pictures.json", w.Moderate)
	require.Len(t, failed, 3)
	require.Len(t, dead, 4)
	w.Items.Fail, w.Items.Lose = nil, errors.New("the answer was lost")
	failed, _ = consume(t, "pictures.json", w.Moderate)
	require.Len(t, failed, 2, "the third is the same picture, and stored")
	w.Items.Lose = nil
	failed, _ = consume(t, "pictures.json", w.Moderate)
	require.Empty(t, failed)
	require.Equal(t, map[string]bool{"ann/p1/verdict": true, "ann/p2/verdict": true}, w.Parts())
}

func TestAPictureThatIsNotThereIsADeadLetter(t *testing.T) {
	failed, dead := consume(t, "pictures.json", picturetest.New().Moderate)
	require.Empty(t, failed)
	require.Len(t, dead, 7)
}

func TestOfMessagesInAnyOrderTheNewestTitleStays(t *testing.T) {
	w := picturetest.New()
	failed, dead := consume(t, "titles-unordered.json", w.Index)
	require.Empty(t, failed)
	require.Empty(t, dead)
	known, err := w.Table.Get(t.Context(), "ann", "p1")
	require.NoError(t, err)
	require.Equal(t, &picture.Known{ID: "p1", Owner: "ann", Title: "third", Status: "processing"}, known)
}

func TestTheLogAndTheMetricsNameThePicture(t *testing.T) {
	t.Setenv("PATTERN", "gallery")
	t.Setenv("METRICS_NAMESPACE", "Pictures")
	lines := handlertest.Logged(t, func() { consume(t, "pictures.json", filled().Moderate) })
	var outcomes []any
	for _, line := range lines {
		require.NotEmpty(t, line["messageId"])
		require.Equal(t, "1-69a3f9c8-5d2e8f0b7a4c3e1d9b6a8f20", line["traceId"])
		outcomes = append(outcomes, line["pictureId"], line["outcome"])
		require.Equal(t, line["outcome"] == "approved", line["Approved"] != nil)
		require.Equal(t, line["outcome"] == "rejected", line["Reason"] == "DeadLettered")
	}
	for _, want := range [][]any{{"p1", "approved"}, {"p2", "refused"}, {"bomb", "rejected"}, {nil, "rejected"}} {
		require.True(t, slices.ContainsFunc(lines, func(l map[string]any) bool { return l["pictureId"] == want[0] && l["outcome"] == want[1] }), "%v of %v", want, outcomes)
	}
}
