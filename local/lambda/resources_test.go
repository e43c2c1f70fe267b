package lambda

import (
	"context"
	"errors"
	"maps"
	"os"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/account"
)

const (
	functionKind   = "aws:lambda/function:Function"
	permissionKind = "aws:lambda/permission:Permission"
)

func (c *cloud) inputs(change map[string]any) map[string]any {
	in := map[string]any{
		"code": c.zip, "runtime": "provided.al2023", "handler": "bootstrap", "architectures": []any{hostArchitecture()},
		"role": "arn:aws:iam::123456789012:role/r",
	}
	maps.Copy(in, change)
	for name, v := range in {
		if v == nil {
			delete(in, name)
		}
	}
	return in
}

// objects are those in S3, by bucket and key.
type objects map[string][]byte

func (o objects) Object(bucket, key string) ([]byte, error) {
	if body, ok := o[bucket+"/"+key]; ok {
		return body, nil
	}
	return nil, errors.New("NoSuchKey")
}

func TestCodeComesFromS3(t *testing.T) {
	c := newCloud(t)
	program, err := os.ReadFile(c.zip.Path)
	require.NoError(t, err)
	kept := objects{"code/one.zip": program}
	c.lambda.Objects = kept
	from := func(key string) func(*FunctionArgs) {
		return func(in *FunctionArgs) {
			in.Code, in.S3Bucket, in.S3Key, in.Role = nil, aws.String("code"), &key, "arn:aws:iam::123456789012:role/f-role"
		}
	}
	c.role("f-role")
	f := c.function("f", from("one.zip"))
	require.JSONEq(t, `{"echo":1}`, string(c.invoke("f", `{"echo":1}`).Payload))

	// The code is read only if it changes.
	delete(kept, "code/one.zip")
	args := f.current.Load().args
	args.Timeout = aws.Int(20)
	require.NoError(t, c.lambda.put(f, &args))
	from("two.zip")(&args)
	require.ErrorContains(t, c.lambda.put(f, &args), "NoSuchKey")
}

func TestFunctionInputsAreChecked(t *testing.T) {
	c := newCloud(t)
	e := newEngine(t, c.lambda)
	other := map[string]string{"x86_64": "arm64", "arm64": "x86_64"}[hostArchitecture()]
	for _, test := range []struct {
		name     string
		change   map[string]any
		property string
		reason   string
	}{
		{"a good one", nil, "", ""},
		{"another runtime", map[string]any{"runtime": "go1.x"}, "runtime", `"go1.x" is not supported by the embedded cloud, which runs provided.al2023`},
		{"no runtime", map[string]any{"runtime": nil}, "runtime", "is required"},
		{"no handler", map[string]any{"handler": nil}, "handler", "is required"},
		{"no code", map[string]any{"code": nil}, "code", "is required"},
		{"code twice", map[string]any{"s3Bucket": "b", "s3Key": "k"}, "code", "is required, or s3Bucket and s3Key, and not both"},
		{"code in S3", map[string]any{"code": nil, "s3Bucket": "b", "s3Key": "k"}, "", ""},
		{"code in no bucket", map[string]any{"code": nil, "s3Key": "k"}, "code", "is required, or s3Bucket and s3Key"},
		{"another architecture", map[string]any{"architectures": []any{other}}, "architectures", "native processes of this machine"},
		{"two architectures", map[string]any{"architectures": []any{"x86_64", "arm64"}}, "architectures", "native processes of this machine"},
		{"no bootstrap", map[string]any{"code": zipOf(t, map[string][]byte{"x": nil}, 0o755)}, "code", "no file named bootstrap"},
		{"memory", map[string]any{"memorySize": 64}, "memorySize", "from 128 to 10240"},
		{"timeout", map[string]any{"timeout": 901}, "timeout", "from 1 to 900"},
		{"name", map[string]any{"name": "a b"}, "name", "1 to 64"},
		{"log levels", map[string]any{"loggingConfig": map[string]any{"logFormat": "JSON", "systemLogLevel": "WARN"}}, "loggingConfig.systemLogLevel", "not supported"},
		{"versions", map[string]any{"publish": true}, "publish", "not supported"},
		{"the size of /tmp", map[string]any{"ephemeralStorage": map[string]any{"size": 1024}}, "ephemeralStorage", "not supported"},
		{"dead letters", map[string]any{"deadLetterConfig": map[string]any{"targetArn": "x"}}, "deadLetterConfig", "not supported"},
		{"layers", map[string]any{"layers": []any{"x"}}, "layers", "not supported"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, failures := e.check(functionKind, c.inputs(test.change))
			if test.property == "" {
				require.Empty(t, failures)
				return
			}
			require.Contains(t, failures, test.property)
			require.Contains(t, failures[test.property], test.reason)
		})
	}
}

// On AWS it reaches what is in the VPC, and here all that this machine does.
func TestAFunctionInAVPCRunsAsOthers(t *testing.T) {
	c := newCloud(t)
	e := newEngine(t, c.lambda)
	role := c.role("r", "ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces")
	given := c.inputs(map[string]any{"role": role, "name": "f", "vpcConfig": map[string]any{"subnetIds": []any{"subnet-1"}, "securityGroupIds": []any{"sg-1"}}})
	checked, failures := e.check(functionKind, given)
	require.Empty(t, failures)
	_, err := e.server.Create(t.Context(), &pulumirpc.CreateRequest{Urn: urn(functionKind), Properties: checked})
	require.ErrorContains(t, err, "The provided execution role does not have permissions to call DeleteNetworkInterface on EC2")
	c.grant("r", "ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DeleteNetworkInterface", "logs:CreateLogStream", "logs:PutLogEvents")
	c.logGroup("/aws/lambda/f")
	id, _, err := e.create(functionKind, given)
	require.NoError(t, err)
	require.JSONEq(t, `{"echo":1}`, string(c.invoke("f", `{"echo":1}`).Payload))

	got, err := c.sdk.GetFunction(t.Context(), &sdk.GetFunctionInput{FunctionName: aws.String("f")})
	require.NoError(t, err)
	require.Equal(t, []string{"subnet-1"}, got.Configuration.VpcConfig.SubnetIds)
	require.Equal(t, []string{"sg-1"}, got.Configuration.VpcConfig.SecurityGroupIds)
	read := e.read(functionKind, id, checked)
	require.Nil(t, e.unmarshal(checked).Diff(e.unmarshal(read.GetInputs())))
	require.NotContains(t, e.update(functionKind, id, c.inputs(map[string]any{"role": role, "name": "f"})), resource.PropertyKey("vpcConfig"))
}

func TestFunctionLife(t *testing.T) {
	c := newCloud(t)
	e := newEngine(t, c.lambda)
	role := c.role("r")
	inputs, failures := e.check(functionKind, c.inputs(nil))
	require.Empty(t, failures)
	id, state, err := e.create(functionKind, c.inputs(nil))
	require.NoError(t, err)
	name := state["name"].StringValue()
	require.Regexp(t, `^it-[0-9a-f]{7}$`, name)
	require.Equal(t, name, id)
	arn := account.ARN("lambda", "function:"+name)
	for property, want := range map[string]string{
		"arn": arn, "version": "$LATEST", "role": role,
		"invokeArn": "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/" + arn + "/invocations",
	} {
		require.Equal(t, want, state[resource.PropertyKey(property)].StringValue(), property)
	}
	require.EqualValues(t, 128, state["memorySize"].NumberValue())
	require.NotZero(t, state["sourceCodeSize"].NumberValue())

	// A refresh right after finds the inputs as they were given.
	read := e.read(functionKind, id, inputs)
	require.Nil(t, e.unmarshal(inputs).Diff(e.unmarshal(read.GetInputs())))

	c.logGroup("/aws/lambda/" + name)
	require.JSONEq(t, `{}`, string(c.invoke(name, `{}`).Payload))
	state = e.update(functionKind, id, c.inputs(map[string]any{"name": name, "memorySize": 512}))
	require.EqualValues(t, 512, state["memorySize"].NumberValue())

	list, err := c.sdk.ListFunctions(context.Background(), &sdk.ListFunctionsInput{})
	require.NoError(t, err)
	require.Len(t, list.Functions, 1)
	require.EqualValues(t, 512, *list.Functions[0].MemorySize)
	require.Equal(t, state["codeSha256"].StringValue(), *list.Functions[0].CodeSha256)
	got, err := c.sdk.GetFunction(context.Background(), &sdk.GetFunctionInput{FunctionName: &name})
	require.NoError(t, err)
	require.Equal(t, arn, *got.Configuration.FunctionArn)
	require.Nil(t, got.Concurrency)

	e.delete(functionKind, id)
	e.delete(functionKind, id)
	require.Empty(t, e.read(functionKind, id, inputs).GetId())
	_, err = c.sdk.GetFunction(context.Background(), &sdk.GetFunctionInput{FunctionName: &name})
	require.Equal(t, "ResourceNotFoundException", errorCode(t, err))
}

func TestRoleMustBeAssumable(t *testing.T) {
	c := newCloud(t)
	e := newEngine(t, c.lambda)
	_, _, err := e.create(functionKind, c.inputs(nil))
	require.ErrorContains(t, err, "The role defined for the function cannot be assumed by Lambda.", "there is none")
	roleKind(t, c.iam, "r", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"},"Action":"sts:AssumeRole"}]}`)
	_, _, err = e.create(functionKind, c.inputs(nil))
	require.ErrorContains(t, err, "The role defined for the function cannot be assumed by Lambda.", "it trusts another service")
}

func TestConcurrencyMustStayUnreserved(t *testing.T) {
	c := newCloud(t)
	c.function("a", func(in *FunctionArgs) { in.ReservedConcurrentExecutions = aws.Int(900) })
	in := *c.lambda.function("a").current.Load()
	args := in.args
	args.Name, args.ReservedConcurrentExecutions = aws.String("b"), aws.Int(1)
	err := c.lambda.put(&function{name: "b"}, &args)
	require.ErrorContains(t, err, "less than its minimum of [100]")
	require.Nil(t, c.lambda.function("b"))
}

func TestPermissionLife(t *testing.T) {
	c := newCloud(t)
	c.function("f", nil)
	e := newEngine(t, c.lambda)
	given := map[string]any{
		"function": "f", "action": "lambda:InvokeFunction", "principal": "apigateway.amazonaws.com",
		"sourceArn": "arn:aws:execute-api:us-east-1:123456789012:api/*/POST/order", "sourceAccount": account.ID,
	}
	inputs, _ := e.check(permissionKind, given)
	id, state, err := e.create(permissionKind, given)
	require.NoError(t, err)
	require.Regexp(t, `^it-[0-9a-f]{7}$`, state["statementId"].StringValue())
	read := e.read(permissionKind, id, inputs)
	require.Nil(t, e.unmarshal(inputs).Diff(e.unmarshal(read.GetInputs())))

	got, err := c.sdk.GetPolicy(context.Background(), &sdk.GetPolicyInput{FunctionName: aws.String("f")})
	require.NoError(t, err)
	require.JSONEq(t, `{"Version":"2012-10-17","Id":"default","Statement":[{
		"Sid":"`+state["statementId"].StringValue()+`","Effect":"Allow","Principal":{"Service":"apigateway.amazonaws.com"},
		"Action":"lambda:InvokeFunction","Resource":"`+functionARN("f")+`","Condition":{
			"ArnLike":{"AWS:SourceArn":"arn:aws:execute-api:us-east-1:123456789012:api/*/POST/order"},
			"StringEquals":{"AWS:SourceAccount":"123456789012"}}}]}`, *got.Policy)

	_, _, err = e.create(permissionKind, given)
	require.ErrorContains(t, err, "ResourceConflictException")

	// A permission that was removed and added by operations is the same resource.
	sid := state["statementId"].StringValue()
	_, err = c.sdk.RemovePermission(context.Background(), &sdk.RemovePermissionInput{FunctionName: aws.String("f"), StatementId: &sid})
	require.NoError(t, err)
	_, err = c.sdk.AddPermission(context.Background(), &sdk.AddPermissionInput{
		FunctionName: aws.String("f"), StatementId: &sid, Action: aws.String("lambda:InvokeFunction"), Principal: aws.String("apigateway.amazonaws.com"),
		SourceArn: aws.String(given["sourceArn"].(string)), SourceAccount: aws.String(account.ID),
	})
	require.NoError(t, err)
	read = e.read(permissionKind, id, inputs)
	require.Nil(t, e.unmarshal(inputs).Diff(e.unmarshal(read.GetInputs())))
	e.delete(permissionKind, id)
	e.delete(permissionKind, id)
	require.Empty(t, e.read(permissionKind, id, inputs).GetId())
	_, err = c.sdk.GetPolicy(context.Background(), &sdk.GetPolicyInput{FunctionName: aws.String("f")})
	require.Equal(t, "ResourceNotFoundException", errorCode(t, err))
	_, err = c.sdk.RemovePermission(context.Background(), &sdk.RemovePermissionInput{FunctionName: aws.String("f"), StatementId: aws.String("x")})
	require.Equal(t, "ResourceNotFoundException", errorCode(t, err))
}

func TestPermissionAndMappingInputsAreChecked(t *testing.T) {
	c := newCloud(t)
	e := newEngine(t, c.lambda)
	queue := account.ARN("sqs", "q")
	for _, test := range []struct {
		kind, property, reason string
		in                     map[string]any
	}{
		{permissionKind, "principal", "sns.amazonaws.com", map[string]any{"function": "f", "action": "lambda:InvokeFunction", "principal": "sns"}},
		{mappingKind, "batchSize", "1 to 10000", map[string]any{"eventSourceArn": queue, "functionName": "f", "batchSize": 0}},
		{mappingKind, "maximumBatchingWindowInSeconds", "0 to 300", map[string]any{"eventSourceArn": queue, "functionName": "f", "maximumBatchingWindowInSeconds": 301}},
		{mappingKind, "functionResponseTypes", "ReportBatchItemFailures", map[string]any{"eventSourceArn": queue, "functionName": "f", "functionResponseTypes": []any{"x"}}},
		{mappingKind, "filterCriteria", "not supported by the embedded cloud for queues", map[string]any{"eventSourceArn": queue, "functionName": "f", "filterCriteria": map[string]any{}}},
		{mappingKind, "eventSourceArn", "no other event sources", map[string]any{"eventSourceArn": account.ARN("dynamodb", "table/t/stream/s"), "functionName": "f"}},
	} {
		_, failures := e.check(test.kind, test.in)
		require.Contains(t, failures, test.property)
		require.Contains(t, failures[test.property], test.reason)
	}
}
