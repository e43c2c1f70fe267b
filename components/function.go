package components

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Function is a Lambda function that a component creates: a built-in one with other settings, or one of your own.
type Function struct {
	// Code is a zip or a folder with the code of your own function. Default: the built-in function, if the place has one. The runtime
	// provided.al2023 needs a zip: Pulumi zips a folder without executable bits.
	//
	// Lambda accepts up to 50 MB in the request. With CodeFromS3 of Common the limit is 250 MB, unzipped:
	// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
	Code pulumi.Archive `pulumi:"code,optional"`
	// Runtime is the Lambda runtime of Code, such as python3.13 or nodejs22.x. Default provided.al2023, which runs an executable.
	// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
	Runtime pulumi.StringPtrInput `pulumi:"runtime,optional"`
	// Handler is the entry point that Runtime calls in Code, such as app.handler. Default bootstrap, the name of the executable.
	Handler pulumi.StringPtrInput `pulumi:"handler,optional"`
	// Architecture is the instruction set that Code was built for: arm64 or x86_64. Default: the one of the executable bootstrap in Code,
	// or else the architecture in Common.
	Architecture string `pulumi:"architecture,optional"`
	// Description is the function's description in Lambda. Default: none for Code.
	Description pulumi.StringPtrInput `pulumi:"description,optional"`

	// MemoryMB is the memory in MB: [MemoryRange]. CPU is in proportion to it. Default: depends on the place.
	MemoryMB pulumi.IntPtrInput `pulumi:"memoryMB,optional"`
	// TimeoutSeconds is the timeout of an invocation, in seconds: [TimeoutRange]. Default: depends on the place.
	TimeoutSeconds pulumi.IntPtrInput `pulumi:"timeoutSeconds,optional"`
	// ReservedConcurrency is both the largest number of concurrent invocations and the concurrency reserved for this function:
	// [ConcurrencyRange]. With 0 the function is never invoked. Default: the function shares the account's unreserved concurrency.
	ReservedConcurrency pulumi.IntPtrInput `pulumi:"reservedConcurrency,optional"`

	// Environment holds variables in addition to those that the component sets. The documentation of each place lists those. PATTERN is
	// always set to the component's name.
	Environment pulumi.StringMapInput `pulumi:"environment,optional"`
	// Layers are ARNs of layer versions, at most five. With LambdaInsights of Common, its layer is one of them:
	// https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html
	Layers pulumi.StringArrayInput `pulumi:"layers,optional"`
	// Vpc attaches the function to subnets of a VPC. Default: no VPC, with access to the internet.
	Vpc *Vpc `pulumi:"vpc,optional"`
	// Permissions are permissions in addition to those that the place needs, such as receiving messages from its queue, and writing logs
	// and traces.
	Permissions []Permission `pulumi:"permissions,optional"`
}

// Vpc is where in a VPC a function runs: https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
type Vpc struct {
	// SubnetIds are ids of subnets of one VPC. Required.
	SubnetIds pulumi.StringArrayInput `pulumi:"subnetIds"`
	// SecurityGroupIds are ids of security groups of the VPC. Required.
	SecurityGroupIds pulumi.StringArrayInput `pulumi:"securityGroupIds"`
}

// Permission allows a function actions on resources.
type Permission struct {
	// Actions are IAM actions, such as s3:GetObject. Required.
	Actions []string `pulumi:"actions"`
	// Resources are ARNs. Required.
	Resources pulumi.StringArrayInput `pulumi:"resources"`
	// Conditions restrict the permission. All of them must hold.
	Conditions []Condition `pulumi:"conditions,optional"`
}

// Condition compares a condition key of the request with a value:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html
type Condition struct {
	// Operator is a condition operator, such as StringEquals. Required.
	Operator string `pulumi:"operator"`
	// Key is a condition key, such as s3:prefix. Required.
	Key string `pulumi:"key"`
	// Value is the value that the key is compared with. Required.
	Value pulumi.StringInput `pulumi:"value"`
}

// own reports whether the function is not built-in.
func (f Function) own() bool { return f.Code != nil }

var actionPattern = regexp.MustCompile(`^[a-z0-9-]+:[A-Za-z0-9*]+$`)

// resolve validates a function in the place of a built-in one. The function is the built-in one unless it has Code.
func (f Function) resolve(v *validator, path string, standard Size) Function {
	return f.resolveWith(v, path, standard, variablesOfPlaces, variablesOfOrders)
}

// resolveOwn validates a function in a place without a built-in one.
func (f Function) resolveOwn(v *validator, path string, standard Size) Function {
	if !f.own() {
		v.addf(path+".Code", "is required")
	}
	return f.resolveWith(v, path, standard, variablesOfPlaces)
}

// resolveWith validates a function. The component sets these variables in its environment.
func (f Function) resolveWith(v *validator, path string, standard Size, variables ...[]string) Function {
	f.MemoryMB = v.number(path+".MemoryMB", f.MemoryMB, MemoryRange.Check, standard.MemoryMB)
	f.TimeoutSeconds = v.number(path+".TimeoutSeconds", f.TimeoutSeconds, TimeoutRange.Check, standard.TimeoutSeconds)
	f.ReservedConcurrency = v.optional(path+".ReservedConcurrency", f.ReservedConcurrency, ConcurrencyRange.Check)
	f.resolveCode(v, path)
	f.Environment = v.variables(path+".Environment", f.Environment, slices.Concat(variables...))
	f.Layers = v.layers(path+".Layers", f.Layers)
	if f.Vpc != nil {
		v.required(path+".Vpc.SubnetIds", f.Vpc.SubnetIds)
		v.required(path+".Vpc.SecurityGroupIds", f.Vpc.SecurityGroupIds)
	}
	for i, p := range f.Permissions {
		p.validate(v, fmt.Sprintf("%s.Permissions[%d]", path, i))
	}
	return f
}

func (f *Function) resolveCode(v *validator, path string) {
	if !f.own() {
		for _, field := range []struct {
			name string
			set  bool
		}{{"Runtime", !unset(f.Runtime)}, {"Handler", !unset(f.Handler)}, {"Architecture", f.Architecture != ""}, {"Description", !unset(f.Description)}} {
			if field.set {
				v.addf(path+"."+field.name, "is accepted only with Code")
			}
		}
		return
	}
	if f.Architecture != "" {
		if err := oneOf(ARM64, X8664)(f.Architecture); err != nil {
			v.addf(path+".Architecture", "%v", err)
		}
	}
	runtime := string(lambda.RuntimeCustomAL2023)
	if !unset(f.Runtime) {
		runtime, _ = known[string](f.Runtime)
	}
	executable := strings.HasPrefix(runtime, "provided")
	if runtime != "" && !executable {
		v.required(path+".Handler", f.Handler)
	}
	if f.Code.Path() == "" { // made of assets, or at a URL
		return
	}
	code, err := filepath.Abs(f.Code.Path()) // the engine may run in another folder
	if err != nil {
		v.addf(path+".Code", "%v", err)
		return
	}
	f.Code = pulumi.NewFileArchive(code)
	info, err := os.Stat(code)
	switch {
	case err != nil:
		v.addf(path+".Code", "no zip or folder at %s: %v", code, errors.Unwrap(err))
	case executable && info.IsDir():
		v.addf(path+".Code", "must be a zip with the executable bootstrap, for %s, and %s is a folder: no file is executable in the zip that Pulumi makes of it", runtime, code)
	case executable:
		f.checkExecutable(v, path, code)
	}
}

// checkExecutable reports a zip that a runtime for executables cannot start.
func (f *Function) checkExecutable(v *validator, path, zip string) {
	built, err := inspectPackage(zip)
	switch {
	case errors.Is(err, errScript):
	case err != nil:
		v.addf(path+".Code", "%v", err)
	case f.Architecture == "":
		f.Architecture = built
	case f.Architecture != built:
		v.addf(path+".Architecture", "must be %s, which bootstrap in %s was built for, got %s", built, zip, f.Architecture)
	}
}

func (p Permission) validate(v *validator, path string) {
	if len(p.Actions) == 0 {
		v.addf(path+".Actions", "is required")
	}
	for i, action := range p.Actions {
		if !actionPattern.MatchString(action) {
			v.addf(fmt.Sprintf("%s.Actions[%d]", path, i), "must be like s3:GetObject, got %q", action)
		}
	}
	v.required(path+".Resources", p.Resources)
	for i, c := range p.Conditions {
		at := fmt.Sprintf("%s.Conditions[%d]", path, i)
		if slices.ContainsFunc(p.Conditions[:i], func(other Condition) bool { return other.Operator == c.Operator && other.Key == c.Key }) {
			v.addf(at, "%s of %s occurs twice: a key must have one value", c.Operator, c.Key)
		}
		if c.Operator == "" {
			v.addf(at+".Operator", "is required")
		}
		if c.Key == "" {
			v.addf(at+".Key", "is required")
		}
		v.required(at+".Value", c.Value)
	}
}

// statements converts the permissions to policy statements.
func (f Function) statements() []statement {
	var statements []statement
	for i, p := range f.Permissions {
		s := statement{sid: fmt.Sprintf("Permission%d", i+1), actions: p.Actions, list: p.Resources}
		for _, c := range p.Conditions {
			s.conditions = append(s.conditions, condition{c.Operator, c.Key, c.Value})
		}
		statements = append(statements, s)
	}
	return statements
}
