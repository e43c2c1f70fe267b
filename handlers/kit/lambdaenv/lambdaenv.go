// Package lambdaenv starts a function: it reads the environment, sets up logging and the AWS configuration, and hands
// over to the Lambda runtime. This happens once per process, before the first event.
package lambdaenv

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/order-patterns/order-patterns/handlers/kit/trace"
)

// Env is the environment of a function.
type Env struct {
	AWS     aws.Config // of Setup
	missing []string
	invalid []error
}

// Setup sets up logging and the number of threads, and loads the AWS configuration, whose calls are traced. If that fails, it logs why and ends
// the process, which Lambda reports as a failed start.
func Setup() *Env {
	env := SetupWithoutAWS()
	cfg, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		fail(fmt.Errorf("loading the AWS configuration: %w", err))
	}
	trace.Calls(&cfg)
	env.AWS = cfg
	return env
}

// SetupWithoutAWS is Setup for a function that calls no AWS service: without the SDK's configuration, its zip is smaller.
func SetupWithoutAWS() *Env {
	runtime.GOMAXPROCS(min(runtime.GOMAXPROCS(0), Processors(os.Getenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"))))
	slog.SetDefault(slog.New(NewLogHandler(os.Stdout)))
	return &Env{}
}

// Required returns an environment variable. Start fails if it is not set or empty.
func (e *Env) Required(name string) string {
	value := os.Getenv(name)
	if value == "" {
		e.missing = append(e.missing, name)
	}
	return value
}

// OneOf returns an environment variable, which may be unset or empty. Start fails if it is anything else that is not one of
// the values.
func (e *Env) OneOf(name string, values ...string) string {
	value := os.Getenv(name)
	if value != "" && !slices.Contains(values, value) {
		e.invalid = append(e.invalid, fmt.Errorf("environment variable %s: must be one of %s, got %q", name, strings.Join(values, ", "), value))
	}
	return value
}

// JSON decodes a required environment variable. Start fails if it is not set, or is no JSON of the type of into, or has a
// field that the type does not have.
func (e *Env) JSON(name string, into any) {
	value := e.Required(name)
	if value == "" {
		return
	}
	decoder := json.NewDecoder(strings.NewReader(value))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		e.invalid = append(e.invalid, fmt.Errorf("environment variable %s: %w", name, err))
	}
}

// Parsed returns what parse makes of an environment variable, which may be unset: then it gets "". Start fails if parse does.
func Parsed[T any](e *Env, name string, parse func(string) (T, error)) T {
	value, err := parse(os.Getenv(name))
	if err != nil {
		e.invalid = append(e.invalid, fmt.Errorf("environment variable %s: %w", name, err))
	}
	return value
}

// Err names all required variables that are missing, and all that are invalid; it is nil if there are none.
func (e *Env) Err() error {
	errs := e.invalid
	if e.missing != nil {
		errs = append(errs, fmt.Errorf("required environment variables are not set: %s", strings.Join(e.missing, ", ")))
	}
	return errors.Join(errs...)
}

// Start runs handler, of one of the signatures that lambda.Start accepts, until the environment is shut down. If a
// required variable is missing or one is invalid, it logs that and ends the process, which Lambda reports as a failed start.
func (e *Env) Start(handler any) {
	if err := e.Err(); err != nil {
		fail(err)
	}
	lambda.Start(invoked{lambda.NewHandler(handler)})
}

// invoked is a handler whose invocations package trace knows, because the first one is the cold start.
type invoked struct{ lambda.Handler }

func (h invoked) Invoke(ctx context.Context, event []byte) ([]byte, error) {
	trace.Invoked(ctx)
	return h.Handler.Invoke(ctx, event)
}

func fail(err error) {
	slog.Error("the function cannot start", "error", err)
	os.Exit(1)
}

// memoryOfOneCPU is the memory size in MB at which a function gets the time of one processor.
const memoryOfOneCPU = 1769

// Processors returns how many threads are useful to a function of this memory size in MB, as the variable
// AWS_LAMBDA_FUNCTION_MEMORY_SIZE states it; without a size, the number of processors. Every function sees two
// processors or more, but its share of their time depends on its memory. Threads beyond that share only wake and
// interrupt each other.
//
// See https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
func Processors(memory string) int {
	mb, err := strconv.Atoi(memory)
	if err != nil || mb <= 0 {
		return runtime.NumCPU()
	}
	return (mb + memoryOfOneCPU - 1) / memoryOfOneCPU
}
