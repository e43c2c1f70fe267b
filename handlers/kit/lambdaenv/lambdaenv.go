// Package lambdaenv starts a function: it reads the environment, sets up logging and the AWS configuration, and
// hands over to the Lambda runtime. All of it happens once per process, before the first event.
package lambdaenv

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime"
	"strconv"
	"strings"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/order-patterns/order-patterns/handlers/kit/httpapi"
)

// Env is what a function finds around it at its start.
type Env struct {
	AWS     aws.Config
	values  map[string]string
	answers httpapi.Answers
}

// Get gives a variable that was named to Main.
func (e Env) Get(name string) string { return e.values[name] }

// Answers makes HTTP answers that allow the origin in the variable ALLOW_ORIGIN, or every origin without it.
func (e Env) Answers() httpapi.Answers { return e.answers }

// Main runs a function until its environment is shut down. required are the variables that it needs; newHandler
// makes its handler, of one of the signatures that lambda.Start accepts. If a variable is missing or the AWS
// configuration cannot be loaded, that is logged and the process ends, which Lambda reports as a failed start.
func Main(newHandler func(Env) any, required ...string) {
	runtime.GOMAXPROCS(min(runtime.GOMAXPROCS(0), Processors(os.Getenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"))))
	slog.SetDefault(slog.New(NewLogHandler(os.Stdout)))
	ctx := context.Background()
	env, err := Load(ctx, os.LookupEnv, required...)
	if err != nil {
		slog.Error("the function cannot start", "error", err.Error())
		os.Exit(1)
	}
	lambda.StartWithOptions(newHandler(env), lambda.WithContext(ctx))
}

// memoryOfOneCPU is how much memory, in MB, comes with the time of one processor.
const memoryOfOneCPU = 1769

// Processors is how many threads are of use to a function of this memory size, as AWS_LAMBDA_FUNCTION_MEMORY_SIZE
// has it, in MB; without a size, as many as there are processors. Every function sees two processors or more, but
// gets a share of their time by its memory: threads beyond that share only wake and interrupt each other.
//
// See https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
func Processors(memory string) int {
	mb, err := strconv.Atoi(memory)
	if err != nil || mb <= 0 {
		return runtime.NumCPU()
	}
	return (mb + memoryOfOneCPU - 1) / memoryOfOneCPU
}

// Load reads the environment. The error names every required variable that is missing or empty.
func Load(ctx context.Context, lookup func(string) (string, bool), required ...string) (Env, error) {
	env := Env{values: map[string]string{}}
	var missing []string
	for _, name := range required {
		value, _ := lookup(name)
		if value == "" {
			missing = append(missing, name)
		}
		env.values[name] = value
	}
	if missing != nil {
		return Env{}, fmt.Errorf("required environment variables are not set: %s", strings.Join(missing, ", "))
	}
	env.answers.AllowOrigin, _ = lookup("ALLOW_ORIGIN")
	var err error
	if env.AWS, err = config.LoadDefaultConfig(ctx); err != nil {
		return Env{}, fmt.Errorf("loading the AWS configuration: %w", err)
	}
	return env, nil
}

// logHandler adds the id of the request that is being handled to every record.
type logHandler struct{ slog.Handler }

// NewLogHandler writes one JSON object per record to w, with Lambda's names for time and message and the id of
// the request. AWS_LAMBDA_LOG_LEVEL, which Lambda sets from the function's logging settings, is the least level
// written; INFO without it.
//
// See https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html
func NewLogHandler(w io.Writer) slog.Handler {
	var level slog.Level
	// Lambda also knows TRACE and FATAL, which slog does not: those leave INFO.
	_ = level.UnmarshalText([]byte(os.Getenv("AWS_LAMBDA_LOG_LEVEL")))
	return logHandler{slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: lambdacontext.ReplaceAttr})}
}

func (h logHandler) Handle(ctx context.Context, r slog.Record) error {
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		r.AddAttrs(slog.String("requestId", lc.AwsRequestID))
	}
	return h.Handler.Handle(ctx, r)
}

func (h logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return logHandler{h.Handler.WithAttrs(attrs)}
}

func (h logHandler) WithGroup(name string) slog.Handler { return logHandler{h.Handler.WithGroup(name)} }
