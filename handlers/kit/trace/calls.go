package trace

import (
	"context"
	"errors"
	"net/http"
	"reflect"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Calls makes the clients of cfg record every AWS call in a sampled trace, with its retries. The call is the parent of what the service
// records. In a trace that is not sampled, a call only passes the header on.
func Calls(cfg *aws.Config) {
	cfg.APIOptions = append(cfg.APIOptions, func(stack *middleware.Stack) error {
		if err := stack.Initialize.Add(recordCall{}, middleware.After); err != nil {
			return err
		}
		// Before the SDK's RecursionDetection, which sets the header to the invocation's if there is none.
		return stack.Build.Add(passCall{}, middleware.Before)
	})
}

type callKey struct{}

// recordCall creates the span of a call. It is last in its step, when the context has the names of the service and the operation.
type recordCall struct{}

func (recordCall) ID() string { return "OrderPatternsRecordCall" }

func (recordCall) HandleInitialize(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (
	out middleware.InitializeOutput, metadata middleware.Metadata, err error,
) {
	h, ok := sampledPlace(ctx)
	if !ok {
		return next.HandleInitialize(ctx, in)
	}
	s := newSpan(h, awsmiddleware.GetServiceID(ctx))
	s.doc.Namespace = "aws"
	s.doc.AWS = &awsData{
		Operation: awsmiddleware.GetOperationName(ctx), Region: awsmiddleware.GetRegion(ctx),
		TableName: field(in.Parameters, "TableName"), QueueURL: field(in.Parameters, "QueueUrl"),
	}
	out, metadata, err = next.HandleInitialize(middleware.WithStackValue(ctx, callKey{}, s), in)
	if _, presigned := out.Result.(*v4.PresignedHTTPRequest); !presigned {
		s.answered(metadata, err)
		s.End()
	}
	return out, metadata, err
}

// answered adds the service's answer to the span.
func (s *Span) answered(metadata middleware.Metadata, err error) {
	s.doc.AWS.RequestID, _ = awsmiddleware.GetRequestIDMetadata(metadata)
	if attempts, ok := retry.GetAttemptResults(metadata); ok {
		s.doc.AWS.Retries = max(0, len(attempts.Results)-1)
	}
	status := 0
	if response, ok := awsmiddleware.GetRawResponse(metadata).(*smithyhttp.Response); ok && response != nil {
		status = response.StatusCode
	}
	if failed, ok := errors.AsType[*smithyhttp.ResponseError](err); ok {
		status = failed.HTTPStatusCode()
		if failed, ok := errors.AsType[*awshttp.ResponseError](err); ok {
			s.doc.AWS.RequestID = failed.ServiceRequestID()
		}
	}
	if status != 0 {
		s.doc.HTTP = &httpData{httpResponse{status}}
	}
	if err == nil {
		return
	}
	s.doc.Cause = causeOf(err)
	s.doc.Throttle = status == http.StatusTooManyRequests || throttles.IsErrorThrottle(err) == aws.TrueTernary
	s.doc.Error = status >= 400 && status < 500
	s.doc.Fault = !s.doc.Error
}

var throttles = retry.ThrottleErrorCode{Codes: retry.DefaultThrottleErrorCodes}

// field returns a field of an operation's input that is a *string, or "".
func field(input any, name string) string {
	v := reflect.ValueOf(input)
	if v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Struct {
		return ""
	}
	f := v.Elem().FieldByName(name)
	if !f.IsValid() {
		return ""
	}
	text, _ := f.Interface().(*string)
	return aws.ToString(text)
}

// passCall sets the tracing header of a call that is recorded, or that is in a trace that is not sampled.
type passCall struct{}

func (passCall) ID() string { return "OrderPatternsPassCall" }

func (passCall) HandleBuild(ctx context.Context, in middleware.BuildInput, next middleware.BuildHandler) (
	out middleware.BuildOutput, metadata middleware.Metadata, err error,
) {
	if request, ok := in.Request.(*smithyhttp.Request); ok {
		if s, ok := middleware.GetStackValue(ctx, callKey{}).(*Span); ok {
			h := s.parent
			h.parent = s.doc.ID
			request.Header.Set(headerName, h.text(invocation(ctx)))
		} else if p := placeOf(ctx); p != nil {
			request.Header.Set(headerName, p.header.text(invocation(ctx)))
		}
	}
	return next.HandleBuild(ctx, in)
}
