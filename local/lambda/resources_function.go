package lambda

import (
	"context"
	"regexp"
	"strings"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/provider"
)

// Kinds are the Pulumi resource types that this service realises.
func (s *Service) Kinds() []provider.Kind {
	return []provider.Kind{s.functionKind(), s.permissionKind(), s.mappingKind(), s.eventInvokeConfigKind()}
}

// FunctionArgs are the inputs of aws:lambda/function:Function. In JSON they are members of FunctionConfiguration.
type FunctionArgs struct {
	Name                         *string           `pulumi:"name,optional,replace" json:"FunctionName"`
	Role                         string            `pulumi:"role"`
	Code                         provider.Archive  `pulumi:"code,optional" json:"-"` // or an object in S3
	S3Bucket                     *string           `pulumi:"s3Bucket,optional" json:"-"`
	S3Key                        *string           `pulumi:"s3Key,optional" json:"-"`
	Runtime                      string            `pulumi:"runtime"`
	Handler                      string            `pulumi:"handler"`
	Layers                       []string          `pulumi:"layers,optional" json:"-"` // that of Lambda Insights
	Architectures                []string          `pulumi:"architectures,optional"`
	Description                  *string           `pulumi:"description,optional" json:",omitempty"`
	MemorySize                   *int              `pulumi:"memorySize,optional"` // MB
	Timeout                      *int              `pulumi:"timeout,optional"`    // seconds
	Environment                  *Environment      `pulumi:"environment,optional" json:",omitempty"`
	KMSKey                       *string           `pulumi:"kmsKeyArn,optional" json:"KMSKeyArn,omitempty"`  // of the environment
	ReservedConcurrentExecutions *int              `pulumi:"reservedConcurrentExecutions,optional" json:"-"` // -1 for none
	TracingConfig                *TracingConfig    `pulumi:"tracingConfig,optional"`
	LoggingConfig                *LoggingConfig    `pulumi:"loggingConfig,optional"`
	VPC                          *VPCConfig        `pulumi:"vpcConfig,optional" json:"VpcConfig,omitempty"`
	Tags                         map[string]string `pulumi:"tags,optional" json:"-"`

	ARN            string `pulumi:"arn,output" json:"FunctionArn"`
	InvokeARN      string `pulumi:"invokeArn,output" json:"-"` // the URI of an integration of API Gateway
	Version        string `pulumi:"version,output"`
	LastModified   string `pulumi:"lastModified,output"`
	CodeSha256     string `pulumi:"codeSha256,output"`
	SourceCodeSize int    `pulumi:"sourceCodeSize,output" json:"CodeSize"`
}

// Environment holds the function's own environment variables.
type Environment struct {
	Variables map[string]string `pulumi:"variables,optional"`
}

// TracingConfig is X-Ray's mode: Active or PassThrough.
type TracingConfig struct {
	Mode string `pulumi:"mode"`
}

// LoggingConfig is the format of a function's logs, Text or JSON, and their log group.
type LoggingConfig struct {
	LogFormat string  `pulumi:"logFormat"`
	LogGroup  *string `pulumi:"logGroup,optional"`
}

// VPCConfig is where in a VPC a function runs on AWS. Here it is recorded, and the function runs as others.
type VPCConfig struct {
	SubnetIDs        []string `pulumi:"subnetIds" json:"SubnetIds"`
	SecurityGroupIDs []string `pulumi:"securityGroupIds" json:"SecurityGroupIds"`
}

// value is what p points to, or the default if it is nil.
func value[T any](p *T, otherwise T) T {
	if p == nil {
		return otherwise
	}
	return *p
}

// withDefaults sets AWS's default of each input that is absent.
func (in FunctionArgs) withDefaults() FunctionArgs {
	in.MemorySize = new(value(in.MemorySize, 128))
	in.Timeout = new(value(in.Timeout, 3))
	in.ReservedConcurrentExecutions = new(value(in.ReservedConcurrentExecutions, -1))
	in.Architectures = []string{hostArchitecture()}
	if in.TracingConfig == nil {
		in.TracingConfig = &TracingConfig{Mode: "PassThrough"}
	}
	if in.LoggingConfig == nil {
		in.LoggingConfig = &LoggingConfig{LogFormat: "Text", LogGroup: new("/aws/lambda/" + *in.Name)}
	}
	return in
}

func (f *function) state() *FunctionArgs {
	r, arn := f.current.Load(), f.arn()
	state := r.args
	state.ARN, state.Version, state.LastModified = arn, latest, r.modified.Format("2006-01-02T15:04:05.000-0700")
	state.CodeSha256, state.SourceCodeSize = r.bundle.sha256, r.bundle.size
	state.InvokeARN = strings.Join([]string{"arn:aws:apigateway", account.Region, "lambda:path/2015-03-31/functions/" + arn + "/invocations"}, ":")
	return &state
}

func (s *Service) functionKind() provider.Kind {
	return &provider.Object[FunctionArgs, function]{
		Type:     "aws:lambda/function:Function",
		AutoName: &provider.AutoName{Property: "name", Max: 64},
		Check:    checkFunction,
		Find:     s.find,
		State:    (*function).state,
		Create: func(_ context.Context, in *FunctionArgs) (string, error) {
			if s.function(*in.Name) != nil {
				return "", conflict("Function already exist: %s", *in.Name)
			}
			return *in.Name, s.put(&function{name: *in.Name}, in)
		},
		Update: func(_ context.Context, f *function, in *FunctionArgs) error { return s.put(f, in) },
		Delete: func(_ context.Context, f *function) error {
			s.mu.Lock()
			delete(s.functions, f.name)
			s.reserved -= f.current.Load().reserved()
			s.mu.Unlock()
			for _, p := range s.pools(f) {
				p.close()
			}
			return nil
		},
	}
}

var functionName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

func checkFunction(c *provider.Checker, in *FunctionArgs) {
	c.Match("name", in.Name, functionName, "1 to 64 letters, digits, hyphens and underscores")
	c.Range("memorySize", in.MemorySize, 128, 10240)
	c.Range("timeout", in.Timeout, 1, 900)
	c.Range("reservedConcurrentExecutions", in.ReservedConcurrentExecutions, -1, accountConcurrency)
	if r := in.Runtime; r != "provided.al2023" && r != "provided.al2" && !c.Unknown("runtime") {
		c.Failf("runtime", "%q is not supported by the embedded cloud, which runs provided.al2023 and provided.al2", r)
	}
	checkArchitectures(c, in.Architectures)
	if inS3 := in.S3Key != nil || c.Unknown("s3Key"); inS3 == (in.Code != nil || c.Unknown("code")) ||
		inS3 != (in.S3Bucket != nil || c.Unknown("s3Bucket")) {
		c.Failf("code", "is required, or s3Bucket and s3Key, and not both")
	} else if in.Code != nil {
		if _, err := openArchive(in.Code); err != nil {
			c.Failf("code", "%v", err)
		}
	}
	for _, layer := range in.Layers {
		if !c.Unknown("layers") && !insightsLayer.MatchString(layer) {
			c.Failf("layers", "%q is not supported by the embedded cloud, which has only LambdaInsightsExtension, in %s", layer, account.Region)
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
	if host := hostArchitecture(); len(list) != 1 || list[0] != host {
		c.Failf("architectures", "must be [%q] here, got %q: the embedded cloud runs functions as native processes of this machine. "+
			"Set the architecture by config, and build bootstrap for it", host, list)
	}
}
