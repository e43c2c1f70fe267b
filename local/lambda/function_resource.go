package lambda

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/provider"
	"github.com/order-patterns/order-patterns/local/wire"
)

// FunctionArgs are the inputs of aws:lambda/function:Function.
type FunctionArgs struct {
	Name                         *string           `pulumi:"name,optional,replace"`
	Role                         string            `pulumi:"role"`
	Code                         provider.Archive  `pulumi:"code"`
	SourceCodeHash               *string           `pulumi:"sourceCodeHash,optional"`
	PackageType                  *string           `pulumi:"packageType,optional,replace"`
	Runtime                      *string           `pulumi:"runtime,optional"`
	Handler                      *string           `pulumi:"handler,optional"`
	Architectures                []string          `pulumi:"architectures,optional"`
	Description                  *string           `pulumi:"description,optional"`
	MemorySize                   *int              `pulumi:"memorySize,optional"`
	Timeout                      *int              `pulumi:"timeout,optional"`
	EphemeralStorage             *EphemeralStorage `pulumi:"ephemeralStorage,optional"`
	Environment                  *Environment      `pulumi:"environment,optional"`
	ReservedConcurrentExecutions *int              `pulumi:"reservedConcurrentExecutions,optional"`
	TracingConfig                *TracingConfig    `pulumi:"tracingConfig,optional"`
	LoggingConfig                *LoggingConfig    `pulumi:"loggingConfig,optional"`
	Publish                      *bool             `pulumi:"publish,optional"`
	Tags                         map[string]string `pulumi:"tags,optional"`
}

// EphemeralStorage is the size of /tmp in MB.
type EphemeralStorage struct {
	Size *int `pulumi:"size,optional"`
}

// Environment holds the function's own environment variables.
type Environment struct {
	Variables map[string]string `pulumi:"variables,optional"`
}

// TracingConfig is X-Ray's mode: Active or PassThrough.
type TracingConfig struct {
	Mode string `pulumi:"mode"`
}

// LoggingConfig tells where and how a function logs.
type LoggingConfig struct {
	LogFormat           string  `pulumi:"logFormat"`
	LogGroup            *string `pulumi:"logGroup,optional"`
	ApplicationLogLevel *string `pulumi:"applicationLogLevel,optional"`
	SystemLogLevel      *string `pulumi:"systemLogLevel,optional"`
}

type functionState struct {
	FunctionArgs
	ARN                string            `pulumi:"arn"`
	InvokeARN          string            `pulumi:"invokeArn"`
	QualifiedARN       string            `pulumi:"qualifiedArn"`
	QualifiedInvokeARN string            `pulumi:"qualifiedInvokeArn"`
	Version            string            `pulumi:"version"`
	LastModified       string            `pulumi:"lastModified"`
	CodeSha256         string            `pulumi:"codeSha256"`
	SourceCodeSize     int               `pulumi:"sourceCodeSize"`
	TagsAll            map[string]string `pulumi:"tagsAll"`
}

func (s *Service) functionKind() provider.Kind {
	return &provider.Resource[FunctionArgs, functionState]{
		Type:     "aws:lambda/function:Function",
		AutoName: &provider.AutoName{Property: "name", Max: 64},
		Check:    checkFunction,
		Create: func(_ context.Context, in *FunctionArgs) (string, *functionState, error) {
			if s.function(*in.Name) != nil {
				return "", nil, wire.Errorf(http.StatusConflict, "ResourceConflictException", "Function already exist: %s", *in.Name)
			}
			f := &function{name: *in.Name}
			state, err := s.put(f, in)
			return f.name, state, err
		},
		Read: func(_ context.Context, id string) (*functionState, error) {
			f := s.function(id)
			if f == nil {
				return nil, nil
			}
			return f.current.Load().state(), nil
		},
		Update: func(_ context.Context, id string, in *FunctionArgs) (*functionState, error) {
			f := s.function(id)
			if f == nil {
				return nil, functionNotFound(functionARN(id))
			}
			return s.put(f, in)
		},
		Delete: func(_ context.Context, id string) error {
			s.mu.Lock()
			f := s.functions[id]
			delete(s.functions, id)
			if f != nil {
				s.reserved -= max(0, f.current.Load().config.reserved)
			}
			s.mu.Unlock()
			if f != nil {
				s.closePools(f)
			}
			return nil
		},
	}
}

// state is what the AWS provider would show: the inputs, AWS's defaults where they are empty, and what AWS made.
func (r *revision) state() *functionState {
	in, c := r.args, &r.config
	in.PackageType, in.MemorySize = new("Zip"), &c.memory
	in.Timeout = new(int(c.timeout / time.Second))
	in.ReservedConcurrentExecutions = &c.reserved
	in.Architectures = []string{hostArchitecture()}
	in.EphemeralStorage = &EphemeralStorage{Size: &c.ephemeralStorage}
	in.TracingConfig = &TracingConfig{Mode: c.tracing}
	if in.LoggingConfig == nil {
		in.LoggingConfig = &LoggingConfig{LogFormat: "Text", LogGroup: &c.logGroup}
	}
	if in.SourceCodeHash == nil {
		in.SourceCodeHash = &r.bundle.sha256
	}
	arn := r.fn.arn()
	return &functionState{
		FunctionArgs: in, ARN: arn, InvokeARN: invokeARN(arn), QualifiedARN: arn + ":" + latest,
		QualifiedInvokeARN: invokeARN(arn + ":" + latest), Version: latest, LastModified: r.lastModified(),
		CodeSha256: r.bundle.sha256, SourceCodeSize: r.bundle.size, TagsAll: in.Tags,
	}
}

// invokeARN is the URI by which API Gateway integrates a function.
func invokeARN(functionARN string) string {
	return strings.Join([]string{"arn:aws:apigateway", account.Region, "lambda:path/2015-03-31/functions/" + functionARN + "/invocations"}, ":")
}
