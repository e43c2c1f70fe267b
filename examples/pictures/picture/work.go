package picture

import (
	"context"
	"fmt"

	"github.com/order-patterns/order-patterns/handlers/kit/metric"
	"github.com/order-patterns/order-patterns/handlers/kit/permanent"
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

// Work does the work on pictures, for consumers of queues and for tasks of state machines. Doing something again gives the same
// result. A field that the functions in use do not need may be nil.
type Work struct {
	Bucket *Bucket
	Table  *Table
}

// Resize stores the thumbnail, and where it is.
func (w Work) Resize(ctx context.Context, p Picture) (Thumbnail, error) {
	t, err := w.Bucket.Resize(ctx, p)
	if err != nil {
		return t, err
	}
	if err := w.Table.Resized(ctx, p, t); err != nil {
		return t, err
	}
	done(ctx, "resized", "picture resized", Resized)
	return t, nil
}

// Moderate stores the verdict.
func (w Work) Moderate(ctx context.Context, p Picture) (Verdict, error) {
	img, err := w.Bucket.Image(ctx, p.Key)
	if err != nil {
		return Verdict{}, err
	}
	v := Moderate(img)
	if err := w.Table.Judge(ctx, p, v); err != nil {
		return v, err
	}
	if v.Approved {
		done(ctx, "approved", "picture approved", Approved)
	} else {
		done(ctx, "refused", "picture refused", Refused)
	}
	return v, nil
}

// Approve is Moderate for a state machine, which goes on with pictures that are approved: a refusal is a permanent error.
func (w Work) Approve(ctx context.Context, p Picture) (Verdict, error) {
	v, err := w.Moderate(ctx, p)
	if err == nil && !v.Approved {
		err = permanent.Error(fmt.Errorf("the picture is refused: %s", v.Reason))
	}
	return v, err
}

// Done is the result of work that finds out nothing. It is not done if the table holds a newer submission.
type Done struct {
	Done bool `json:"done"`
}

// Index stores what the picture is about.
func (w Work) Index(ctx context.Context, p Picture) (Done, error) {
	stored, err := w.Table.Index(ctx, p)
	if err != nil {
		return Done{}, err
	}
	if stored {
		done(ctx, "indexed", "picture indexed", Indexed)
	} else {
		done(ctx, "superseded", "picture not indexed: the table holds a newer submission, or the index was removed", "")
	}
	return Done{stored}, nil
}

// RemoveThumbnail undoes Resize. A picture that is not indexed is not shown, so where its thumbnail was may stay in the table.
func (w Work) RemoveThumbnail(ctx context.Context, p Picture) (Done, error) {
	if err := w.Bucket.RemoveThumbnail(ctx, p); err != nil {
		return Done{}, err
	}
	done(ctx, "removed", "thumbnail removed", Removed)
	return Done{true}, nil
}

// RemoveIndex undoes Index.
func (w Work) RemoveIndex(ctx context.Context, p Picture) (Done, error) {
	removed, err := w.Table.RemoveIndex(ctx, p)
	if err != nil {
		return Done{}, err
	}
	if removed {
		done(ctx, "removed", "index removed", Removed)
	} else {
		done(ctx, "superseded", "index not removed: the table holds a newer submission", "")
	}
	return Done{removed}, nil
}

// done logs an outcome, and counts it if it has a counter.
func done(ctx context.Context, outcome, message string, c metric.Counter) {
	var values []metric.Value
	if c != "" {
		values = []metric.Value{metric.Count(c)}
	}
	metric.Info(trace.Annotate(ctx, "outcome", outcome), message, values)
}
