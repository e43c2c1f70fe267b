package picture

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-lambda-go/events"

	"github.com/order-patterns/order-patterns/handlers/kit/metric"
	"github.com/order-patterns/order-patterns/handlers/kit/permanent"
	"github.com/order-patterns/order-patterns/handlers/kit/sqsbatch"
	"github.com/order-patterns/order-patterns/handlers/kit/task"
	"github.com/order-patterns/order-patterns/handlers/kit/trace"
)

// The metrics.
const (
	Published metric.Counter = "Published"
	Resized   metric.Counter = "Resized"
	Approved  metric.Counter = "Approved"
	Refused   metric.Counter = "Refused"
	Indexed   metric.Counter = "Indexed"
	Removed   metric.Counter = "Removed"
)

// Job is a picture, and what tasks found out about it: the input and the output of each task, with the fields in one JSON object.
type Job struct {
	Picture
	Thumbnail *Thumbnail `json:"thumbnail,omitempty"`
	Verdict   *Verdict   `json:"verdict,omitempty"`
}

// Do does one piece of work. Doing it again gives the same result.
type Do func(ctx context.Context, j Job) (Job, error)

// Consumer does the work for each message of a queue, which is a Picture.
func Consumer(do Do) sqsbatch.Handle {
	return func(ctx context.Context, m events.SQSMessage) error {
		p, err := Parse([]byte(m.Body))
		annotate(ctx, p)
		if err != nil {
			return err
		}
		_, err = do(ctx, Job{Picture: p})
		return err
	}
}

// Task does the work for the input of a task, which is a Job, for lambdaenv.Env.Start. name is that of the work.
func Task(name string, do Do) func(context.Context, json.RawMessage) (Job, error) {
	return task.Handler(name, func(ctx context.Context, j Job) (Job, error) {
		annotate(ctx, j.Picture)
		if err := j.Validate(); err != nil {
			return j, permanent.Error(err)
		}
		return do(ctx, j)
	})
}

// annotate adds the ids that are valid to the span and the log.
func annotate(ctx context.Context, p Picture) {
	for name, id := range map[string]string{"pictureId": p.ID, "ownerId": p.Owner} {
		if CheckName(id) == "" {
			trace.Annotate(ctx, name, id)
		}
	}
}

// Work does the work on pictures. A field that the functions in use do not need may be nil.
type Work struct {
	Bucket *Bucket
	Table  *Table
}

// Resize stores the thumbnail, and where it is.
func (w Work) Resize(ctx context.Context, j Job) (Job, error) {
	t, err := w.Bucket.Resize(ctx, j.Picture)
	if err != nil {
		return j, err
	}
	if err := w.Table.Resized(ctx, j.Picture, t); err != nil {
		return j, err
	}
	j.Thumbnail = &t
	done(ctx, "resized", "picture resized", Resized)
	return j, nil
}

// Moderate stores the verdict.
func (w Work) Moderate(ctx context.Context, j Job) (Job, error) {
	img, err := w.Bucket.Image(ctx, j.Key)
	if err != nil {
		return j, err
	}
	v := Moderate(img)
	if err := w.Table.Judge(ctx, j.Picture, v); err != nil {
		return j, err
	}
	j.Verdict = &v
	if v.Approved {
		done(ctx, "approved", "picture approved", Approved)
	} else {
		done(ctx, "refused", "picture refused", Refused)
	}
	return j, nil
}

// Approve is Moderate for a state machine, which goes on with pictures that are approved: a refusal is a permanent error.
func (w Work) Approve(ctx context.Context, j Job) (Job, error) {
	j, err := w.Moderate(ctx, j)
	if err == nil && !j.Verdict.Approved {
		err = permanent.Error(fmt.Errorf("the picture is refused: %s", j.Verdict.Reason))
	}
	return j, err
}

// Index stores what the picture is about.
func (w Work) Index(ctx context.Context, j Job) (Job, error) {
	stored, err := w.Table.Index(ctx, j.Picture)
	if err != nil {
		return j, err
	}
	if stored {
		done(ctx, "indexed", "picture indexed", Indexed)
	} else {
		done(ctx, "superseded", "picture not indexed: the table holds a newer submission, or the index was removed", "")
	}
	return j, nil
}

// RemoveThumbnail undoes Resize.
func (w Work) RemoveThumbnail(ctx context.Context, j Job) (Job, error) {
	if err := w.Bucket.RemoveThumbnail(ctx, j.Picture); err != nil {
		return j, err
	}
	j.Thumbnail = nil
	done(ctx, "removed", "thumbnail removed", Removed)
	return j, nil
}

// RemoveIndex undoes Index.
func (w Work) RemoveIndex(ctx context.Context, j Job) (Job, error) {
	if _, err := w.Table.RemoveIndex(ctx, j.Picture); err != nil {
		return j, err
	}
	done(ctx, "removed", "index removed", Removed)
	return j, nil
}

// done logs an outcome, and counts it if it has a counter.
func done(ctx context.Context, outcome, message string, c metric.Counter) {
	var values []metric.Value
	if c != "" {
		values = []metric.Value{metric.Count(c)}
	}
	metric.Info(trace.Annotate(ctx, "outcome", outcome), message, values)
}
