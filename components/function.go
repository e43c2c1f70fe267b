package components

import (
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// FunctionSettings size Lambda functions.
type FunctionSettings struct {
	// MemoryMB is the memory in MB, which also decides the share of a processor: [MemoryRange].
	MemoryMB pulumi.IntPtrInput `pulumi:"memoryMB,optional"`
	// TimeoutSeconds ends an invocation: [TimeoutRange].
	TimeoutSeconds pulumi.IntPtrInput `pulumi:"timeoutSeconds,optional"`
	// ReservedConcurrency is both the most environments that may run at once and the number kept free for this
	// function: [ConcurrencyRange]. With 0 the function is never invoked. Default: it shares the account's pool.
	ReservedConcurrency pulumi.IntPtrInput `pulumi:"reservedConcurrency,optional"`
}

func (s FunctionSettings) resolve(v *validator, path string, standard Size) FunctionSettings {
	return FunctionSettings{
		MemoryMB:            v.number(path+".MemoryMB", s.MemoryMB, MemoryRange.Check, standard.MemoryMB),
		TimeoutSeconds:      v.number(path+".TimeoutSeconds", s.TimeoutSeconds, TimeoutRange.Check, standard.TimeoutSeconds),
		ReservedConcurrency: v.optional(path+".ReservedConcurrency", s.ReservedConcurrency, ConcurrencyRange.Check),
	}
}

// FunctionInfo says where a function of a component is.
type FunctionInfo struct {
	// Name is the function's name, LogGroup that of its log group, and RoleName that of its role.
	Name     string `pulumi:"name"`
	LogGroup string `pulumi:"logGroup"`
	RoleName string `pulumi:"roleName"`
}

// FunctionInfoMapOutput resolves to the functions of a component, by the name of their zip, such as "store-order".
type FunctionInfoMapOutput struct{ *pulumi.OutputState }

// ElementType is map[string]FunctionInfo.
func (FunctionInfoMapOutput) ElementType() reflect.Type {
	return reflect.TypeFor[map[string]FunctionInfo]()
}

// Name resolves to the name of one function. It fails if the component has no such function.
func (o FunctionInfoMapOutput) Name(function string) pulumi.StringOutput {
	return o.ApplyT(func(m map[string]FunctionInfo) (string, error) {
		f, ok := m[function]
		if !ok {
			return "", fmt.Errorf("there is no function %q", function)
		}
		return f.Name, nil
	}).(pulumi.StringOutput)
}

func init() { pulumi.RegisterOutputType(FunctionInfoMapOutput{}) }

// functionSpec describes one of our functions.
type functionSpec struct {
	zip         string // the name of its package, which is also what its name ends with
	description string
	settings    FunctionSettings
	environment pulumi.StringMap
	allow       []statement // besides writing its logs and traces
	after       []string    // zips of functions that an update deploys before this one
}

// function is a Lambda function with a role and a log group of its own.
type function struct {
	*lambda.Function
	zip      string
	logGroup *cloudwatch.LogGroup
	role     *iam.Role
	policy   *iam.RolePolicy
}

// function makes a function.
func (b *builder) function(spec functionSpec) (*function, error) {
	// Without a log group of ours, Lambda would make one that keeps everything for ever, and that nobody deletes.
	logGroup, err := b.logGroup(spec.zip + "-logs")
	if err != nil {
		return nil, err
	}
	own := []statement{
		may("WriteLogs", pulumi.Sprintf("%s:*", logGroup.Arn), "logs:CreateLogStream", "logs:PutLogEvents"),
		// X-Ray has no resources that these actions could be limited to:
		// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html
		may("WriteTraces", pulumi.String("*"), "xray:PutTraceSegments", "xray:PutTelemetryRecords"),
	}
	role, policy, err := b.role(spec.zip, lambdaService, slices.Concat(own, spec.allow, b.mayReport())...)
	if err != nil {
		return nil, err
	}
	variables := maps.Clone(spec.environment)
	variables["PATTERN"] = pulumi.String(b.pattern) // a dimension of metrics, and in each line and trace
	args := &lambda.FunctionArgs{
		Description:                  pulumi.String(spec.description),
		Role:                         role.Arn,
		Runtime:                      lambda.RuntimeCustomAL2023,
		Handler:                      pulumi.String("bootstrap"),
		Architectures:                pulumi.StringArray{pulumi.String(b.packages.architecture)},
		MemorySize:                   spec.settings.MemoryMB,
		Timeout:                      spec.settings.TimeoutSeconds,
		ReservedConcurrentExecutions: spec.settings.ReservedConcurrency,
		Environment:                  &lambda.FunctionEnvironmentArgs{Variables: variables},
		LoggingConfig: &lambda.FunctionLoggingConfigArgs{
			LogFormat: pulumi.String("JSON"),
			LogGroup:  logGroup.Name,
		},
		KmsKeyArn:     b.kmsKey(),
		TracingConfig: &lambda.FunctionTracingConfigArgs{Mode: pulumi.String("Active")},
		Tags:          b.tags,
	}
	b.addInsights(args)
	if err := b.code(spec.zip, args); err != nil {
		return nil, err
	}
	// Without its policy the function's first invocations would fail.
	before := []pulumi.Resource{policy}
	for _, f := range b.functions {
		if slices.Contains(spec.after, f.zip) {
			before = append(before, f.Function)
		}
	}
	fn, err := lambda.NewFunction(b.ctx, b.child(spec.zip), args, b.after(before...)...)
	if err != nil {
		return nil, err
	}
	f := &function{Function: fn, zip: spec.zip, logGroup: logGroup, role: role, policy: policy}
	b.functions = append(b.functions, f)
	b.watchFunction(f, spec.settings.TimeoutSeconds)
	return f, nil
}

// functionInfos is where the functions are that were registered so far.
func (b *builder) functionInfos() FunctionInfoMapOutput {
	infos := pulumi.Map{}
	for _, f := range b.functions {
		infos[f.zip] = pulumi.StringArray{f.Name, f.logGroup.Name, f.role.Name}
	}
	return infos.ToMapOutput().ApplyT(func(m map[string]any) map[string]FunctionInfo {
		resolved := map[string]FunctionInfo{}
		for zip, v := range m {
			names := v.([]string)
			resolved[zip] = FunctionInfo{Name: names[0], LogGroup: names[1], RoleName: names[2]}
		}
		return resolved
	}).(FunctionInfoMapOutput)
}

// target is how a route reaches the function.
func (f *function) target() *FunctionTarget {
	return &FunctionTarget{Name: f.Name, InvokeArn: f.InvokeArn}
}
