package components

import (
	"maps"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// functionSpec describes a function and what its place in the component needs.
type functionSpec struct {
	name        string // the beginning of the names of its resources; the name of the zip, if the function is built-in
	description string // of the built-in function
	settings    Function
	environment pulumi.StringMap  // variables that the place needs
	allow       []statement       // permissions besides writing logs and traces, and the function's own
	after       []string          // names of functions that an update deploys before this one
	needs       []pulumi.Resource // other resources that are deployed before this one
}

// function is a Lambda function with its own role and log group.
type function struct {
	*lambda.Function
	name     string
	logGroup *cloudwatch.LogGroup
	role     *iam.Role
	policy   *iam.RolePolicy
}

// function creates a function.
func (b *builder) function(spec functionSpec) (*function, error) {
	// Without this log group, Lambda would create one that keeps events forever, and that is not deleted with the stack.
	logGroup, err := b.logGroup(spec.name + "-logs")
	if err != nil {
		return nil, err
	}
	own := []statement{
		may("WriteLogs", pulumi.Sprintf("%s:*", logGroup.Arn), "logs:CreateLogStream", "logs:PutLogEvents"),
		// X-Ray does not support resource-level permissions for these actions:
		// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html
		may("WriteTraces", pulumi.String("*"), "xray:PutTraceSegments", "xray:PutTelemetryRecords"),
	}
	role, policy, err := b.role(spec.name, lambdaService, slices.Concat(own, spec.allow, spec.settings.mayAttach(), spec.settings.statements(), b.mayReport())...)
	if err != nil {
		return nil, err
	}
	args, err := b.functionArgs(spec)
	if err != nil {
		return nil, err
	}
	args.Role = role.Arn
	args.LoggingConfig = &lambda.FunctionLoggingConfigArgs{LogFormat: pulumi.String("JSON"), LogGroup: logGroup.Name}
	// Without its policy, the function's first invocations would fail.
	before := append([]pulumi.Resource{policy}, spec.needs...)
	for _, f := range b.functions {
		if slices.Contains(spec.after, f.name) {
			before = append(before, f.Function)
		}
	}
	fn, err := lambda.NewFunction(b.ctx, b.child(spec.name), args, b.after(before...)...)
	if err != nil {
		return nil, err
	}
	f := &function{Function: fn, name: spec.name, logGroup: logGroup, role: role, policy: policy}
	b.functions = append(b.functions, f)
	b.watchFunction(f, spec.settings.TimeoutSeconds)
	return f, nil
}

// functionArgs returns the arguments of a function without its role and its log group.
func (b *builder) functionArgs(spec functionSpec) (*lambda.FunctionArgs, error) {
	f, architecture := spec.settings, b.packages.architecture
	if f.Architecture != "" {
		architecture = f.Architecture
	}
	args := &lambda.FunctionArgs{
		Description:                  pulumi.String(spec.description),
		Runtime:                      lambda.RuntimeCustomAL2023,
		Handler:                      pulumi.String("bootstrap"),
		Architectures:                pulumi.StringArray{pulumi.String(architecture)},
		MemorySize:                   f.MemoryMB,
		Timeout:                      f.TimeoutSeconds,
		ReservedConcurrentExecutions: f.ReservedConcurrency,
		Environment:                  &lambda.FunctionEnvironmentArgs{Variables: b.environment(spec)},
		KmsKeyArn:                    b.kmsKey(),
		TracingConfig:                &lambda.FunctionTracingConfigArgs{Mode: pulumi.String("Active")},
		Tags:                         b.tags,
	}
	if f.Vpc != nil {
		args.VpcConfig = &lambda.FunctionVpcConfigArgs{SubnetIds: f.Vpc.SubnetIds, SecurityGroupIds: f.Vpc.SecurityGroupIds}
	}
	b.addLayers(args, f, architecture)
	if err := b.code(spec.name, f, args); err != nil || !f.own() {
		return args, err
	}
	args.Description = f.Description
	if !unset(f.Runtime) {
		args.Runtime = f.Runtime
	}
	if !unset(f.Handler) {
		args.Handler = f.Handler
	}
	return args, nil
}

// environment returns the variables that the place needs, and those of the function.
func (b *builder) environment(spec functionSpec) pulumi.StringMapInput {
	variables := maps.Clone(spec.environment)
	if variables == nil {
		variables = pulumi.StringMap{}
	}
	variables["PATTERN"] = pulumi.String(b.pattern) // a dimension of metrics, and a field of log lines and traces
	more := spec.settings.Environment
	if unset(more) {
		return variables
	}
	return pulumi.All(variables, more).ApplyT(func(v []any) map[string]string {
		all := maps.Clone(v[0].(map[string]string))
		maps.Copy(all, v[1].(map[string]string))
		return all
	}).(pulumi.StringMapOutput)
}

// mayAttach allows Lambda to attach a function to its VPC. These actions need all resources: EC2 has no ARN for a network interface that
// does not exist yet, and no resource-level permissions for describing them. The actions are listed at
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
func (f Function) mayAttach() []statement {
	if f.Vpc == nil {
		return nil
	}
	return []statement{may("AttachToVpc", pulumi.String("*"),
		"ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:DeleteNetworkInterface",
		"ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses")}
}

// target returns the function as the target of a route.
func (f *function) target() *FunctionTarget {
	return &FunctionTarget{Name: f.Name, InvokeArn: f.InvokeArn}
}
