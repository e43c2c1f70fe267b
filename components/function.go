package components

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// FunctionSettings size one Lambda function.
type FunctionSettings struct {
	// MemoryMB is the memory in MB, which also decides the share of a processor: 128 to 10,240.
	MemoryMB int
	// TimeoutSeconds ends an invocation: 1 to 900.
	TimeoutSeconds int
	// ReservedConcurrency is both the most environments that may run at once and the number kept free for this
	// function. Zero leaves it to the account's pool.
	ReservedConcurrency int
}

func (s FunctionSettings) withDefaults(memoryMB, timeoutSeconds int) FunctionSettings {
	s.MemoryMB = or(s.MemoryMB, memoryMB)
	s.TimeoutSeconds = or(s.TimeoutSeconds, timeoutSeconds)
	return s
}

func (s FunctionSettings) validate(p *problems, path string) {
	p.between(path+".MemoryMB", s.MemoryMB, 128, 10240)
	p.between(path+".TimeoutSeconds", s.TimeoutSeconds, 1, 900)
	p.between(path+".ReservedConcurrency", s.ReservedConcurrency, 1, 1000)
}

// functionArgs describe one of our functions, which is named as its package.
type functionArgs struct {
	pkg         string
	packages    packages
	description string
	settings    FunctionSettings
	environment pulumi.StringMap
	allow       []statement // beyond writing its logs and traces
	observe     observe
	tags        pulumi.StringMap
}

// observe is what all functions of a component share of logging.
type observe struct{ logRetentionDays int }

// function is a Lambda function with a role and a log group of its own.
type function struct {
	*lambda.Function
	logGroup *cloudwatch.LogGroup
	role     *iam.Role
	policy   *iam.RolePolicy
}

func newFunction(ctx *pulumi.Context, name string, args functionArgs, opts ...pulumi.ResourceOption) (*function, error) {
	// The log group has a name of its own choosing and the function is told of it: Lambda would otherwise make one
	// that keeps everything for ever and that nobody deletes.
	logGroup, err := cloudwatch.NewLogGroup(ctx, name+"-logs", &cloudwatch.LogGroupArgs{
		RetentionInDays: pulumi.Int(args.observe.logRetentionDays),
		Tags:            args.tags,
	}, opts...)
	if err != nil {
		return nil, err
	}
	role, err := iam.NewRole(ctx, name+"-role", &iam.RoleArgs{
		AssumeRolePolicy: pulumi.String(trust("lambda.amazonaws.com")),
		Tags:             args.tags,
	}, opts...)
	if err != nil {
		return nil, err
	}
	statements := append([]statement{
		{
			sid:       "WriteLogs",
			actions:   []string{"logs:CreateLogStream", "logs:PutLogEvents"},
			resources: []pulumi.StringInput{pulumi.Sprintf("%s:*", logGroup.Arn)},
		},
		{
			sid:     "WriteTraces",
			actions: []string{"xray:PutTraceSegments", "xray:PutTelemetryRecords"},
			// X-Ray has no resources that these actions could be limited to:
			// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html
			resources: []pulumi.StringInput{pulumi.String("*")},
		},
	}, args.allow...)
	policy, err := iam.NewRolePolicy(ctx, name+"-policy", &iam.RolePolicyArgs{
		Role:   role.Name,
		Policy: allow(statements...),
	}, opts...)
	if err != nil {
		return nil, err
	}
	path, err := args.packages.path(args.pkg)
	if err != nil {
		return nil, err
	}
	settings := &lambda.FunctionArgs{
		Description:   pulumi.String(args.description),
		Role:          role.Arn,
		Runtime:       lambda.RuntimeCustomAL2023,
		Handler:       pulumi.String("bootstrap"),
		Architectures: pulumi.StringArray{pulumi.String(args.packages.architecture)},
		// A zip is passed on byte for byte. An archive that Pulumi makes itself loses the executable bit of bootstrap.
		Code:       pulumi.NewFileArchive(path),
		MemorySize: pulumi.Int(args.settings.MemoryMB),
		Timeout:    pulumi.Int(args.settings.TimeoutSeconds),
		Environment: &lambda.FunctionEnvironmentArgs{
			Variables: args.environment,
		},
		LoggingConfig: &lambda.FunctionLoggingConfigArgs{
			LogFormat: pulumi.String("JSON"),
			LogGroup:  logGroup.Name,
		},
		TracingConfig: &lambda.FunctionTracingConfigArgs{Mode: pulumi.String("Active")},
		Tags:          args.tags,
	}
	if args.settings.ReservedConcurrency > 0 {
		settings.ReservedConcurrentExecutions = pulumi.Int(args.settings.ReservedConcurrency)
	}
	// Without its policy the function's first invocations would fail.
	fn, err := lambda.NewFunction(ctx, name, settings, append(opts, pulumi.DependsOn([]pulumi.Resource{policy}))...)
	if err != nil {
		return nil, err
	}
	return &function{Function: fn, logGroup: logGroup, role: role, policy: policy}, nil
}

// outputs are what a stack exports of the function.
func (f *function) outputs() pulumi.Map {
	return pulumi.Map{"name": f.Name, "logGroup": f.logGroup.Name, "roleName": f.role.Name}
}
