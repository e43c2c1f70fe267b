package lambda

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
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

var (
	functionName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	variableName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]+$`)
	logGroupName = regexp.MustCompile(`^[.\-_/#A-Za-z0-9]{1,512}$`)
)

// reservedVariables cannot be set by a function's configuration:
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
var reservedVariables = []string{
	"_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_NAME",
	"AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE",
	"AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID",
	"AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
}

func checkFunction(c *provider.Checker, in *FunctionArgs) {
	if in.Name != nil && !functionName.MatchString(*in.Name) {
		c.Failf("name", "must be 1 to 64 letters, digits, hyphens and underscores, got %q", *in.Name)
	}
	c.OneOf("packageType", in.PackageType, "Zip")
	c.Range("memorySize", in.MemorySize, 128, 10240)
	c.Range("timeout", in.Timeout, 1, 900)
	c.Range("reservedConcurrentExecutions", in.ReservedConcurrentExecutions, -1, accountConcurrency)
	if in.Description != nil && len(*in.Description) > 256 {
		c.Failf("description", "must be at most 256 characters, got %d", len(*in.Description))
	}
	for property, value := range map[string]*string{"runtime": in.Runtime, "handler": in.Handler} {
		if value == nil && !c.Unknown(property) {
			c.Failf(property, "is required: runtime and handler are mandatory for functions created with deployment packages")
		}
	}
	if r := in.Runtime; r != nil && *r != "provided.al2023" && *r != "provided.al2" {
		c.Failf("runtime", "%q is not supported by the embedded cloud, which runs provided.al2023 and provided.al2", *r)
	}
	if in.Publish != nil && *in.Publish {
		c.Failf("publish", "must not be true: the embedded cloud has no function versions")
	}
	checkArchitectures(c, in.Architectures)
	if in.Code != nil && !c.Unknown("code") {
		if _, err := openBundle(in.Code); err != nil {
			c.Failf("code", "%v", err)
		}
	}
	if in.EphemeralStorage != nil {
		c.Range("ephemeralStorage.size", in.EphemeralStorage.Size, 512, 10240)
	}
	if in.Environment != nil {
		checkVariables(c, in.Environment.Variables)
	}
	if in.TracingConfig != nil && !c.Unknown("tracingConfig.mode") {
		c.OneOf("tracingConfig.mode", &in.TracingConfig.Mode, "Active", "PassThrough")
	}
	if l := in.LoggingConfig; l != nil {
		c.OneOf("loggingConfig.logFormat", &l.LogFormat, "Text", "JSON")
		c.OneOf("loggingConfig.applicationLogLevel", l.ApplicationLogLevel, "TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")
		c.OneOf("loggingConfig.systemLogLevel", l.SystemLogLevel, "DEBUG", "INFO", "WARN")
		if l.LogFormat == "Text" && (l.ApplicationLogLevel != nil || l.SystemLogLevel != nil) {
			c.Failf("loggingConfig", "can have log levels only with logFormat JSON")
		}
		if l.LogGroup != nil && !logGroupName.MatchString(*l.LogGroup) {
			c.Failf("loggingConfig.logGroup", "must be 1 to 512 letters, digits and .-_/#, got %q", *l.LogGroup)
		}
	}
}

func checkArchitectures(c *provider.Checker, list []string) {
	if c.Unknown("architectures") {
		return
	}
	if len(list) == 0 {
		list = []string{"x86_64"}
	}
	if len(list) > 1 || (list[0] != "x86_64" && list[0] != "arm64") {
		c.Failf("architectures", "must be one of [x86_64] and [arm64], got %q", list)
	} else if host := hostArchitecture(); list[0] != host {
		c.Failf("architectures", "must be [%q] here, got [%q] (the default is [\"x86_64\"]): the embedded cloud runs functions as native processes of this machine. Set it by config, and build bootstrap for it", host, list[0])
	}
}

func checkVariables(c *provider.Checker, vars map[string]string) {
	size := 0
	for name, value := range vars {
		size += len(name) + len(value)
		switch at := fmt.Sprintf("environment.variables[%q]", name); {
		case !variableName.MatchString(name):
			c.Failf(at, "must have a name of letters, digits and underscores that begins with a letter")
		case slices.Contains(reservedVariables, name):
			c.Failf(at, "is a reserved key, which Lambda sets itself")
		}
	}
	if size > 4<<10 {
		c.Failf("environment.variables", "must be at most 4096 bytes, got %d", size)
	}
}

func value[T any](p *T, otherwise T) T {
	if p == nil {
		return otherwise
	}
	return *p
}

// configure fills in AWS's defaults.
func (in *FunctionArgs) configure() config {
	c := config{
		role: in.Role, runtime: value(in.Runtime, ""), handler: value(in.Handler, ""), description: value(in.Description, ""),
		memory: value(in.MemorySize, 128), ephemeralStorage: 512, timeout: time.Duration(value(in.Timeout, 3)) * time.Second,
		reserved: value(in.ReservedConcurrentExecutions, -1), tracing: "PassThrough", logGroup: "/aws/lambda/" + *in.Name,
	}
	if in.EphemeralStorage != nil {
		c.ephemeralStorage = value(in.EphemeralStorage.Size, 512)
	}
	if in.Environment != nil {
		c.variables = in.Environment.Variables
	}
	if in.TracingConfig != nil {
		c.tracing = in.TracingConfig.Mode
	}
	if l := in.LoggingConfig; l != nil {
		c.logGroup = value(l.LogGroup, c.logGroup)
		if c.jsonLogs = l.LogFormat == "JSON"; c.jsonLogs {
			c.application, c.system = value(l.ApplicationLogLevel, "INFO"), value(l.SystemLogLevel, "INFO")
		}
	}
	return c
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

// put makes a new revision the current one of a function, which may itself be new.
func (s *Service) put(f *function, in *FunctionArgs) (*functionState, error) {
	if err := s.checkRole(in.Role); err != nil {
		return nil, err
	}
	b, err := openBundle(in.Code)
	if err != nil {
		return nil, invalidParameter("code %v", err)
	}
	rev := &revision{fn: f, id: newRevisionID(), args: *in, config: in.configure(), bundle: b, modified: s.account.Clock.Now().UTC()}
	rev.dir = filepath.Join(s.Dir, f.name+"-"+rev.id)
	rev.pool = newPool(s, rev)
	if err := s.spawner.do(func() error { return b.unpack(rev.dir) }); err != nil {
		rev.discard()
		return nil, fmt.Errorf("lambda: function %s: %w", f.name, err)
	}

	s.mu.Lock()
	old := f.current.Load()
	was := 0
	if old != nil {
		was = max(0, old.config.reserved)
	}
	reserved := s.reserved - was + max(0, rev.config.reserved)
	if rev.config.reserved > was && accountConcurrency-reserved < minimumUnreserved {
		s.mu.Unlock()
		rev.discard()
		return nil, invalidParameter("Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [%d].", minimumUnreserved)
	}
	s.reserved = reserved
	f.current.Store(rev)
	s.functions[f.name] = f
	f.revisions = append(f.revisions, rev)
	s.mu.Unlock()
	if old != nil {
		old.pool.retire()
	}
	return rev.state(), nil
}

// checkRole refuses a role that Lambda may not assume.
func (s *Service) checkRole(arn string) error {
	if !s.Roles.RoleExists(arn) {
		return cannotAssume(http.StatusBadRequest, "InvalidParameterValueException")
	}
	_, creds, err := s.Roles.AssumeRole(servicePrincipal, arn, "check", nil)
	if err != nil {
		return cannotAssume(http.StatusBadRequest, "InvalidParameterValueException")
	}
	s.Roles.Revoke(creds.AccessKeyID)
	return nil
}

func cannotAssume(status int, code string) error {
	return wire.Errorf(status, code, "The role defined for the function cannot be assumed by Lambda.")
}

// discard forgets a revision that no process runs any more. Files that cannot be removed are left to whoever removes
// the service's whole directory.
func (r *revision) discard() {
	_ = os.RemoveAll(r.dir)
	s := r.pool.s
	s.mu.Lock()
	defer s.mu.Unlock()
	r.fn.revisions = slices.DeleteFunc(r.fn.revisions, func(other *revision) bool { return other == r })
}

func (r *revision) lastModified() string { return r.modified.Format("2006-01-02T15:04:05.000-0700") }

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
