// Package lambdaenv starts a function: it reads the environment, sets up logging and the AWS configuration, and hands
// over to the Lambda runtime. This happens once per process, before the first event.
package lambdaenv

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"strconv"
	"strings"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
)

// Env is the environment of a function.
type Env struct {
	AWS     aws.Config
	missing []string
}

// Setup sets up logging and the number of threads, and loads the AWS configuration. If that fails, it logs why and ends
// the process, which Lambda reports as a failed start.
func Setup() *Env {
	runtime.GOMAXPROCS(min(runtime.GOMAXPROCS(0), Processors(os.Getenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"))))
	slog.SetDefault(slog.New(NewLogHandler(os.Stdout)))
	cfg, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		fail(fmt.Errorf("loading the AWS configuration: %w", err))
	}
	return &Env{AWS: cfg}
}

// Required returns an environment variable. Start fails if it is not set or empty.
func (e *Env) Required(name string) string {
	value := os.Getenv(name)
	if value == "" {
		e.missing = append(e.missing, name)
	}
	return value
}

// Err names all required variables that are missing; it is nil if there are none.
func (e *Env) Err() error {
	if e.missing == nil {
		return nil
	}
	return fmt.Errorf("required environment variables are not set: %s", strings.Join(e.missing, ", "))
}

// Start runs handler, of one of the signatures that lambda.Start accepts, until the environment is shut down. If a
// required variable is missing, it logs that and ends the process, which Lambda reports as a failed start.
func (e *Env) Start(handler any) {
	if err := e.Err(); err != nil {
		fail(err)
	}
	lambda.Start(handler)
}

func fail(err error) {
	slog.Error("the function cannot start", "error", err.Error())
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
