package lambda

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/provider"
)

var (
	functionName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	variableName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]+$`)
	logGroupName = regexp.MustCompile(`^[.\-_/#A-Za-z0-9]{1,512}$`)
)

// reservedVariables cannot be set in a function's configuration:
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
var reservedVariables = []string{
	"_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_NAME",
	"AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE",
	"AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID",
	"AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
}

func checkFunction(c *provider.Checker, in *FunctionArgs) {
	c.Match("name", in.Name, functionName, "1 to 64 letters, digits, hyphens and underscores")
	c.Range("memorySize", in.MemorySize, 128, 10240)
	c.Range("timeout", in.Timeout, 1, 900)
	c.Range("reservedConcurrentExecutions", in.ReservedConcurrentExecutions, -1, accountConcurrency)
	if in.Description != nil && len(*in.Description) > 256 {
		c.Failf("description", "must be at most 256 characters, got %d", len(*in.Description))
	}
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
	if in.Environment != nil {
		checkVariables(c, in.Environment.Variables)
	}
	if in.TracingConfig != nil {
		c.OneOf("tracingConfig.mode", &in.TracingConfig.Mode, "Active", "PassThrough")
	}
	if l := in.LoggingConfig; l != nil {
		c.OneOf("loggingConfig.logFormat", &l.LogFormat, "Text", "JSON")
		c.Match("loggingConfig.logGroup", l.LogGroup, logGroupName, "1 to 512 letters, digits and .-_/#")
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
		c.Failf("architectures", "must be [%q] here, got [%q]: the embedded cloud runs functions as native processes of this machine. Set the architecture by config, and build bootstrap for it", host, list[0])
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
