package picture

import (
	"context"

	"github.com/order-patterns/order-patterns/handlers/kit/metric"
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

// Work does the work of consumers of queues. Doing something again gives the same result. A field that the functions in use do not need
// may be nil.
type Work struct {
	Bucket *Bucket
	Table  *Table
}

// Resize stores the thumbnail, and where it is.
func (w Work) Resize(ctx context.Context, p Picture) (Thumbnail, error) {
	img, err := w.Bucket.Image(ctx, p.Key)
	if err != nil {
		return Thumbnail{}, err
	}
	t, err := w.Bucket.Thumbnail(ctx, img, ThumbnailKey(p.Owner, p.ID))
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

// Done is the result of work that finds out nothing. It may be false because there was nothing to do.
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
		done(ctx, "superseded", "picture not indexed: the table holds a newer submission", "")
	}
	return Done{stored}, nil
}

// done logs an outcome, and counts it if it has a counter.
func done(ctx context.Context, outcome, message string, c metric.Counter) {
	var values []metric.Value
	if c != "" {
		values = []metric.Value{metric.Count(c)}
	}
	metric.Info(trace.Annotate(ctx, "outcome", outcome), message, values)
}
