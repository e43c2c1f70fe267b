package kit_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/order-patterns/order-patterns/handlers/kit/lambdaenv"
	"github.com/order-patterns/order-patterns/handlers/kit/metric"
	"github.com/order-patterns/order-patterns/handlers/kit/trace"
)

// Every log line about a piece of work has the ids that were added to its context, and the ids of the invocation and of the trace.
func Example_log() {
	logger := slog.New(lambdaenv.WithFields(slog.NewTextHandler(os.Stdout, withoutTime))) // lambdaenv.Setup makes one of JSON
	ctx := lambdacontext.NewContext(context.Background(), &lambdacontext.LambdaContext{AwsRequestID: "r-1"})
	ctx = trace.Annotate(ctx, "pictureId", "p1", "ownerId", "ann")
	logger.InfoContext(ctx, "picture resized", "width", 256)
	// Output: level=INFO msg="picture resized" width=256 pictureId=p1 ownerId=ann requestId=r-1
}

var withoutTime = &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}}

// A metric is a field of a log line. The namespace and the dimension are environment variables.
func Example_metric() {
	os.Setenv("PATTERN", "gallery")
	os.Setenv("METRICS_NAMESPACE", "Pictures")
	defer os.Unsetenv("PATTERN")
	defer os.Unsetenv("METRICS_NAMESPACE")
	defer slog.SetDefault(slog.Default())
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stdout, withoutMetadata)))

	const resized metric.Counter = "Resized"
	metric.Info(context.Background(), "picture resized", []metric.Value{metric.Count(resized)}, "pictureId", "p1")
	// Output: level=INFO msg="picture resized" pictureId=p1 Pattern=gallery Resized=1
}

var withoutMetadata = &slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
	if a.Key == "_aws" {
		return slog.Attr{}
	}
	return withoutTime.ReplaceAttr(groups, a)
}}

// A variable that is missing or invalid is found before the first event.
func Example_environment() {
	os.Setenv("AUTH", "password")
	defer os.Unsetenv("AUTH")
	env := &lambdaenv.Env{} // lambdaenv.Setup makes one with the AWS configuration
	env.Required("BUCKET_NAME")
	env.Required("TABLE_NAME")
	env.OneOf("AUTH", "jwt", "iam", "none")
	fmt.Println(env.Err()) // env.Start logs it, and ends the process
	// Output:
	// environment variable AUTH: must be one of jwt, iam, none, got "password"
	// required environment variables are not set: BUCKET_NAME, TABLE_NAME
}
