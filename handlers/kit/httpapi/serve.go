package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"

	"github.com/order-patterns/order-patterns/handlers/kit/deadline"
	"github.com/order-patterns/order-patterns/handlers/kit/logfields"
	"github.com/order-patterns/order-patterns/handlers/kit/trace"
)

// Begin starts the span of a request, with work as its name. It adds the request's id to the log lines of ctx.
func Begin(ctx context.Context, r Request, work string) (context.Context, *trace.Span) {
	return trace.Start(logfields.Add(ctx, "apiRequestId", r.RequestContext.RequestID), work)
}

// Handle handles one request. It returns the status and the body of the answer, which is encoded as JSON, or an error. An [*Error] is the
// answer to the client. For any other error the client gets a 503 without details. Handle should return when ctx ends.
type Handle func(ctx context.Context, r Request) (status int, body any, err error)

// Handler returns the function of a route, for lambdaenv.Env.Start. It calls handle within a span with work as its name. ctx ends shortly
// before the deadline of the invocation. An error that is not the client's is logged, with the fields that handle added by trace.Annotate.
// The function never returns an error.
func (a Answers) Handler(work string, handle Handle) func(context.Context, Request) (Response, error) {
	return func(ctx context.Context, r Request) (Response, error) {
		ctx, span := Begin(ctx, r, work)
		defer span.End()
		bounded, cancel := deadline.Ahead(ctx)
		defer cancel()
		status, body, err := handle(bounded, r)
		if err == nil {
			return a.JSON(status, body), nil
		}
		answer, ok := errors.AsType[*Error](err)
		if !ok {
			answer = Errorf(http.StatusServiceUnavailable, "the request was not carried out; please try again")
		}
		if answer.Status >= http.StatusInternalServerError {
			span.Fail(err, false)
			slog.ErrorContext(trace.Annotate(ctx, "outcome", "failed"), "request failed", "error", err)
		} else {
			trace.Annotate(ctx, "outcome", "refused")
		}
		return a.Fail(answer), nil
	}
}

// Decode decodes the request's body, which must be one JSON value of the type of into, without unknown fields. limit is the largest body in
// bytes. The error is the answer for the client: 400, or 413 for a body that is too large.
func Decode(r Request, limit int, into any) *Error {
	body, fault := BodyUpTo(r, limit)
	if fault != nil {
		return fault
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return Errorf(http.StatusBadRequest, "body: %v", err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return Errorf(http.StatusBadRequest, "body: must be one JSON value")
	}
	return nil
}
