package picture_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/examples/pictures/picture"
	"github.com/order-patterns/order-patterns/examples/pictures/picture/picturetest"
	"github.com/order-patterns/order-patterns/handlers/kit/handlertest"
)

// shop has three uploads of ann's: the sea and the hill are approved, and the night is refused.
func shop() *picturetest.World {
	w := picturetest.New()
	w.Objects.Put("uploads/ann/sea", picturetest.Photo(48, 32))
	w.Objects.Put("uploads/ann/hill", picturetest.Photo(32, 48))
	w.Objects.Put("uploads/ann/night", picturetest.Plain(40, 40, color.Black))
	return w
}

// stored is what the bucket holds besides the uploads.
func stored(w *picturetest.World) []string {
	return slices.DeleteFunc(w.Objects.Keys(), func(key string) bool { return strings.HasPrefix(key, "uploads/") })
}

// imagesOf are the keys of what an execution about p1 stores.
func imagesOf(execution string) []string {
	return []string{"originals/ann/p1/" + execution, "thumbnails/ann/p1/" + execution + ".jpg"}
}

// execute runs an execution about the picture p1, whose image is an upload, as the state machine does: it tries each task up to three
// times, and undoes the execution if one fails for good. It returns the cause, or "".
func execute(t *testing.T, f *faults, name, upload string) (cause string) {
	t.Helper()
	tasks, results := f.Tasks(), map[string]json.RawMessage{}
	try := func(function any, failure map[string]string) (output, errorType string, err error) {
		input, err := json.Marshal(map[string]any{
			"input":     map[string]any{"body": map[string]string{"id": "p1", "owner": "ann", "key": "uploads/ann/" + upload}},
			"execution": name, "results": results, "failure": failure,
		})
		require.NoError(t, err)
		for range 3 {
			if output, errorType, err = handlertest.Invoke(t, function, input); err == nil || errorType == "PermanentError" {
				break
			}
		}
		return output, errorType, err
	}
	for _, task := range []struct {
		name     string
		function any
	}{
		{"resize", picture.Task("resize", tasks.Resize)}, {"moderate", picture.Task("moderate", tasks.Moderate)}, {"index", picture.Task("index", tasks.Index)},
	} {
		output, errorType, err := try(task.function, nil)
		if err == nil {
			results[task.name] = json.RawMessage(output)
			continue
		}
		f.last = max(f.first, f.n) // the outage is over, or is short
		if task.name != "resize" || errorType != "PermanentError" {
			_, _, undone := try(picture.Task("remove", tasks.Remove), map[string]string{"Error": errorType, "Cause": err.Error()})
			require.NoError(t, undone)
		}
		return err.Error()
	}
	return ""
}

const taken = "id: there is a picture p1 already, with another image or title"

func TestTheFirstPictureWithAnIdStays(t *testing.T) {
	for _, c := range []struct{ second, cause string }{
		{"sea", ""}, // the same request again
		{"hill", taken},
		{"night", "the picture is refused: it is too dark: its mean luminance is 0, and must be 24"},
	} {
		w := shop()
		require.Empty(t, execute(t, &faults{World: w}, "first", "sea"))
		items, thumbnail := w.Items.Items(), w.Objects.Get("thumbnails/ann/p1/first.jpg")
		require.NotNil(t, thumbnail)
		require.Equal(t, c.cause, execute(t, &faults{World: w}, "second", c.second))
		require.Equal(t, items, w.Items.Items(), c.second)
		require.Equal(t, imagesOf("first"), stored(w), c.second)
		require.Equal(t, thumbnail, w.Objects.Get("thumbnails/ann/p1/first.jpg"))
	}
}

func TestAnIdOfAPictureThatWasRefusedIsFree(t *testing.T) {
	w := shop()
	require.Contains(t, execute(t, &faults{World: w}, "first", "night"), "too dark")
	require.Empty(t, stored(w))
	require.Nil(t, known(t, w))
	require.Empty(t, execute(t, &faults{World: w}, "second", "sea"))
	require.Equal(t, imagesOf("second"), stored(w))
}

func TestOfPicturesWithOneIdAtTheSameTimeOneStays(t *testing.T) {
	w, uploads := shop(), []string{"sea", "hill", "night"}
	causes := make([]string, 12)
	var all sync.WaitGroup
	for i := range causes {
		all.Go(func() { causes[i] = execute(t, &faults{World: w}, fmt.Sprint(i), uploads[i%3]) })
	}
	all.Wait()
	var stays int
	_, err := fmt.Sscanf(known(t, w).Thumbnail.Key, "thumbnails/ann/p1/%d.jpg", &stays)
	require.NoError(t, err)
	require.Equal(t, imagesOf(fmt.Sprint(stays)), stored(w))
	for i, cause := range causes {
		switch uploads[i%3] {
		case uploads[stays%3]:
			require.Empty(t, cause)
		case "night":
			require.Contains(t, cause, "the picture is refused")
		default:
			require.Equal(t, taken, cause)
		}
	}
}

// overFaults runs the execution second about an upload, after the execution first about another one if that is not "". Each request
// fails in turn, once or together with all that follow, and is not carried out, or its answer is lost.
func overFaults(t *testing.T, outage bool, check func(w *picturetest.World, before, upload, cause string)) {
	t.Helper()
	for _, before := range []string{"", "sea", "hill"} {
		for _, upload := range []string{"sea", "night"} {
			for _, lost := range []bool{false, true} {
				for n := 1; ; n++ {
					w := shop()
					if before != "" {
						require.Empty(t, execute(t, &faults{World: w}, "first", before))
					}
					f := &faults{World: w, first: n, last: n, lost: lost}
					if outage {
						f.last = math.MaxInt
					}
					cause := execute(t, f, "second", upload)
					if f.n < n {
						require.Greater(t, n, 5)
						break
					}
					check(w, before, upload, cause)
				}
			}
		}
	}
}

func TestAfterAFaultAnExecutionEndsAsWithoutIt(t *testing.T) {
	overFaults(t, false, func(w *picturetest.World, before, upload, cause string) {
		switch {
		case upload == "night":
			require.Contains(t, cause, "the picture is refused")
		case before == "hill":
			require.Equal(t, taken, cause)
		default:
			require.Empty(t, cause)
		}
		switch {
		case before != "":
			require.Equal(t, imagesOf("first"), stored(w))
		case upload == "night":
			require.Empty(t, stored(w))
		default:
			require.Equal(t, imagesOf("second"), stored(w))
		}
	})
}

// An execution that is given up may have made the picture known, if its last request was carried out. What is known stays whole.
func TestAnExecutionThatIsGivenUpTakesNothingFromOthers(t *testing.T) {
	overFaults(t, true, func(w *picturetest.World, before, upload, cause string) {
		if before != "" {
			require.Subset(t, stored(w), imagesOf("first"))
			require.Equal(t, "thumbnails/ann/p1/first.jpg", known(t, w).Thumbnail.Key)
		}
		if !strings.HasPrefix(cause, "storing picture p1") && !strings.HasPrefix(cause, "deleting ") {
			require.NotSubset(t, stored(w), imagesOf("second")[:1], cause)
			require.NotSubset(t, stored(w), imagesOf("second")[1:], cause)
		}
		// The input is in the failure queue, and is started again.
		_ = execute(t, &faults{World: w}, "third", upload)
		if k := known(t, w); k != nil {
			name := strings.TrimSuffix(strings.TrimPrefix(k.Thumbnail.Key, "thumbnails/ann/p1/"), ".jpg")
			require.Subset(t, stored(w), imagesOf(name))
			require.Equal(t, w.Objects.Get("uploads/ann/"+cmp.Or(before, upload)), w.Objects.Get("originals/ann/p1/"+name))
		} else {
			require.Equal(t, "night", upload)
			require.Empty(t, before)
		}
	})
}
