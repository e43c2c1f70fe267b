package lambdaenv

import (
	"context"
	"io"
	"log/slog"
	"os"
	"slices"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/order-patterns/order-patterns/handlers/kit/awserr"
	"github.com/order-patterns/order-patterns/handlers/kit/logfields"
	"github.com/order-patterns/order-patterns/handlers/kit/trace"
)

// NewLogHandler returns a handler that writes one JSON object per record to w, with Lambda's names for time and message, and the fields of
// WithFields. The lowest level that it writes is AWS_LAMBDA_LOG_LEVEL, which Lambda sets from the function's logging settings. Default
// INFO.
//
// See https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html
func NewLogHandler(w io.Writer) slog.Handler {
	var level slog.Level
	// Lambda also has the levels TRACE and FATAL, which slog does not have. They select the default.
	_ = level.UnmarshalText([]byte(os.Getenv("AWS_LAMBDA_LOG_LEVEL")))
	return WithFields(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: lambdacontext.ReplaceAttr}))
}

// WithFields adds to every record: pattern, the environment variable PATTERN; requestId, the id of the invocation; traceId (see trace.ID);
// the fields of the context (see package logfields); and cause (see awserr.Cause), if the field error is an error. It omits empty fields,
// and fields that the record already has.
func WithFields(h slog.Handler) slog.Handler {
	if pattern := os.Getenv("PATTERN"); pattern != "" {
		h = h.WithAttrs([]slog.Attr{slog.String("pattern", pattern)})
	}
	return logHandler{Handler: h}
}

type logHandler struct {
	slog.Handler
	names []string // of the logger's own attributes
}

func (h logHandler) Handle(ctx context.Context, r slog.Record) error {
	r = r.Clone()
	for _, field := range logfields.Of(ctx) {
		h.add(&r, field)
	}
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		h.add(&r, slog.String("requestId", lc.AwsRequestID))
	}
	if id := trace.ID(ctx); id != "" {
		h.add(&r, slog.String("traceId", id))
	}
	if err := loggedError(r); err != nil {
		h.add(&r, slog.String("cause", awserr.Cause(err)))
	}
	return h.Handler.Handle(ctx, r)
}

// loggedError returns the field error of a record, if it is an error.
func loggedError(r slog.Record) (err error) {
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "error" {
			err, _ = a.Value.Any().(error)
		}
		return err == nil
	})
	return err
}

// add adds a field unless the record already has it.
func (h logHandler) add(r *slog.Record, field slog.Attr) {
	known := slices.Contains(h.names, field.Key)
	r.Attrs(func(a slog.Attr) bool {
		known = known || a.Key == field.Key
		return !known
	})
	if !known {
		r.AddAttrs(field)
	}
}

func (h logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	names := slices.Clip(h.names)
	for _, a := range attrs {
		names = append(names, a.Key)
	}
	return logHandler{h.Handler.WithAttrs(attrs), names}
}

func (h logHandler) WithGroup(name string) slog.Handler {
	return logHandler{h.Handler.WithGroup(name), h.names}
}
