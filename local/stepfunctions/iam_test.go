package stepfunctions_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/internal/cloudtest"
)

func allow(action, resource string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"` + action + `","Resource":"` + resource + `"}]}`
}

func TestEachActionNeedsItsPermissionOnItsResource(t *testing.T) {
	w := newWorld(t)
	m := w.machine(t, waits, map[string]any{"name": "guarded"})
	arn := w.start(t, m, `{}`)
	for action, c := range map[string]struct {
		resource string
		do       func(*sfn.Client) error
	}{
		"StartExecution": {m, func(c *sfn.Client) error {
			_, err := c.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: &m})
			return err
		}},
		"DescribeExecution": {arn, func(c *sfn.Client) error {
			_, err := c.DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: &arn})
			return err
		}},
		"GetExecutionHistory": {arn, func(c *sfn.Client) error {
			_, err := c.GetExecutionHistory(t.Context(), &sfn.GetExecutionHistoryInput{ExecutionArn: &arn})
			return err
		}},
		"ListExecutions": {m, func(c *sfn.Client) error {
			_, err := c.ListExecutions(t.Context(), &sfn.ListExecutionsInput{StateMachineArn: &m})
			return err
		}},
		"DescribeStateMachine": {m, func(c *sfn.Client) error {
			_, err := c.DescribeStateMachine(t.Context(), &sfn.DescribeStateMachineInput{StateMachineArn: &m})
			return err
		}},
		"ListStateMachines": {"arn:aws:states:us-east-1:123456789012:stateMachine:*", func(c *sfn.Client) error {
			_, err := c.ListStateMachines(t.Context(), &sfn.ListStateMachinesInput{})
			return err
		}},
	} {
		t.Run(action, func(t *testing.T) {
			_, allowed := w.Role(t, "may-"+action, allow("states:"+action, c.resource))
			_, elsewhere := w.Role(t, "not-"+action, allow("states:"+action, strings.Replace(c.resource, ":stateMachine:", ":stateMachine:x", 1)+"y"))
			message := cloudtest.Refused(t, c.do(sfn.NewFromConfig(elsewhere)), "AccessDeniedException")
			require.Contains(t, message, "is not authorized to perform: states:"+action+" on resource: "+c.resource)
			require.NoError(t, c.do(sfn.NewFromConfig(allowed)))
		})
	}
}

func TestADeniedCallDoesNotRevealWhetherTheMachineExists(t *testing.T) {
	w := newWorld(t)
	_, config := w.Role(t, "nobody", allow("s3:GetObject", "*"))
	_, err := sfn.NewFromConfig(config).StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: aws.String("arn:aws:states:us-east-1:123456789012:stateMachine:none")})
	cloudtest.Refused(t, err, "AccessDeniedException")
}

func TestTasksNeedThePermissionsOfTheRole(t *testing.T) {
	w := newWorld(t)
	definition := func(resource, parameters string) string {
		return one(`"Type":"Task","Resource":"` + resource + `","Parameters":` + parameters + `,"End":true`)
	}
	invoking := definition(invokeFunction, `{"FunctionName":"echo","Payload":{}}`)
	publishing := definition(publish, `{"TopicArn":"`+topicARN+`","Message":"m"}`)
	for _, c := range []struct{ name, policy, definition, error, cause string }{
		{"to-invoke", allow("lambda:InvokeFunction", echoARN+"x"), invoking, "Lambda.AWSLambdaException",
			"is not authorized to perform: lambda:InvokeFunction on resource: " + echoARN + " because no identity-based policy allows the lambda:InvokeFunction action (Service: AWSLambda; Status Code: 403; Error Code: AccessDeniedException)"},
		{"to-publish", allow("lambda:InvokeFunction", "*"), publishing, "SNS.AuthorizationErrorException", "(Service: AmazonSNS; Status Code: 403; Error Code: AuthorizationError)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := w.machine(t, c.definition, map[string]any{"name": c.name, "roleArn": w.role(t, c.name, c.policy)})
			requireFailed(t, c.error, c.cause, w.closed(t, w.start(t, m, `{}`)))
		})
	}
	require.Empty(t, w.calls())
	require.Empty(t, w.published)

	t.Run("the permission is sufficient", func(t *testing.T) {
		for name, c := range map[string][2]string{"invoker": {allow("lambda:InvokeFunction", echoARN), invoking}, "publisher": {allow("sns:Publish", topicARN), publishing}} {
			m := w.machine(t, c[1], map[string]any{"name": name, "roleArn": w.role(t, name, c[0])})
			out := w.closed(t, w.start(t, m, `{}`))
			require.Equal(t, "SUCCEEDED", string(out.Status), aws.ToString(out.Cause))
		}
		require.Contains(t, w.calls()[0].Principal.ARN, "arn:aws:sts::123456789012:assumed-role/invoker/")
	})
}

func TestTheRoleMustTrustStepFunctions(t *testing.T) {
	w := newWorld(t)
	w.Role(t, "for-lambda", everything) // trusts lambda.amazonaws.com
	_, _, err := w.Deploy(t, kind, inputs(waits, map[string]any{"roleArn": "arn:aws:iam::123456789012:role/for-lambda"}))
	require.ErrorContains(t, err, "AccessDeniedException: Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume the provided role.")
	_, _, err = w.Deploy(t, kind, inputs(waits, map[string]any{"roleArn": "arn:aws:iam::123456789012:role/none"}))
	require.ErrorContains(t, err, "AccessDeniedException")

	// The trust policy may ask for the account and the machine.
	for pattern, refused := range map[string]bool{"orders-*": false, "others-*": true} {
		w.MustDeploy(t, "aws:iam/role:Role", map[string]any{"name": "only-" + pattern[:6], "assumeRolePolicy": `{"Version":"2012-10-17","Statement":
			[{"Effect":"Allow","Principal":{"Service":"states.amazonaws.com"},"Action":"sts:AssumeRole","Condition":{
			"StringEquals":{"aws:SourceAccount":"123456789012"},
			"ArnLike":{"aws:SourceArn":"arn:aws:states:us-east-1:123456789012:stateMachine:` + pattern + `"}}}]}`})
		_, _, err = w.Deploy(t, kind, inputs(waits, map[string]any{"name": "orders-1", "roleArn": "arn:aws:iam::123456789012:role/only-" + pattern[:6]}))
		require.Equal(t, refused, err != nil, "%s: %v", pattern, err)
	}

	arn := w.role(t, "temporary", everything)
	m := w.machine(t, task(``), map[string]any{"roleArn": arn})
	require.NoError(t, w.Delete(t, "aws:iam/rolePolicy:RolePolicy", "temporary:inline"))
	require.NoError(t, w.Delete(t, "aws:iam/role:Role", "temporary"))
	requireFailed(t, "States.Permissions", "authorized to assume the provided role", w.closed(t, w.start(t, m, `{}`)))
}
