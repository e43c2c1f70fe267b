// Package lambdaenv starts a function. It reads the environment, sets up logging and the AWS configuration, and starts the Lambda runtime
// client. This happens once per process, before the first event.
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
	AWS     aws.Config // set by Setup
	missing []string
	invalid []error
}

// Setup sets up logging and the number of threads, and loads the AWS configuration. All calls with that configuration are traced. If
// loading fails, Setup logs the error and ends the process, which Lambda reports as a failed start.
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

// SetupWithoutAWS is Setup for a function that calls no AWS service. Without the SDK's configuration, its zip is smaller.
func SetupWithoutAWS() *Env {
	runtime.GOMAXPROCS(min(runtime.GOMAXPROCS(0), Processors(os.Getenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"))))
	slog.SetDefault(slog.New(NewLogHandler(os.Stdout)))
	return &Env{}
}

// Required returns an environment variable. Start fails if it is not set or is empty.
func (e *Env) Required(name string) string {
	value := os.Getenv(name)
	if value == "" {
		e.missing = append(e.missing, name)
	}
	return value
}

// OneOf returns an environment variable, which may be unset or empty. Start fails if it has a value that is not listed.
func (e *Env) OneOf(name string, values ...string) string {
	value := os.Getenv(name)
	if value != "" && !slices.Contains(values, value) {
		e.invalid = append(e.invalid, fmt.Errorf("environment variable %s: must be one of %s, got %q", name, strings.Join(values, ", "), value))
	}
	return value
}

// JSON decodes a required environment variable. Start fails if it is not set, is not JSON of the type of into, or has an unknown field.
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

// Parsed returns the result of parse for an environment variable; an unset one is "". Start fails if parse fails.
func Parsed[T any](e *Env, name string, parse func(string) (T, error)) T {
	value, err := parse(os.Getenv(name))
	if err != nil {
		e.invalid = append(e.invalid, fmt.Errorf("environment variable %s: %w", name, err))
	}
	return value
}

// Err returns an error that names all missing and all invalid variables. It returns nil if there are none.
func (e *Env) Err() error {
	errs := e.invalid
	if e.missing != nil {
		errs = append(errs, fmt.Errorf("required environment variables are not set: %s", strings.Join(e.missing, ", ")))
	}
	return errors.Join(errs...)
}

// Start runs handler until the environment is shut down. handler has one of the signatures that lambda.Start accepts. If a variable is
// missing or invalid, Start logs the error and ends the process, which Lambda reports as a failed start.
func (e *Env) Start(handler any) {
	if err := e.Err(); err != nil {
		fail(err)
	}
	lambda.Start(invoked{lambda.NewHandler(handler)})
}

// invoked is a handler that reports its invocations to package trace. The first one is the cold start.
type invoked struct{ lambda.Handler }

func (h invoked) Invoke(ctx context.Context, event []byte) ([]byte, error) {
	trace.Invoked(ctx)
	return h.Handler.Invoke(ctx, event)
}

func fail(err error) {
	slog.Error("the function cannot start", "error", err)
	os.Exit(1)
}

// memoryOfOneCPU is the memory size in MB that gives a function one vCPU.
const memoryOfOneCPU = 1769

// Processors returns how many threads are useful to a function of this memory size in MB, which is the value of
// AWS_LAMBDA_FUNCTION_MEMORY_SIZE. Without a size, it returns the number of processors. Every function has at least two processors, but its
// share of CPU time depends on its memory. More threads than that share only interrupt each other.
//
// See https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
func Processors(memory string) int {
	mb, err := strconv.Atoi(memory)
	if err != nil || mb <= 0 {
		return runtime.NumCPU()
	}
	return (mb + memoryOfOneCPU - 1) / memoryOfOneCPU
}
