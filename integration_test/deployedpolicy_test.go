package integration_test

import (
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/stretchr/testify/require"
)

// deployedPolicy is a policy of a role, or of something else that a pattern consists of.
type deployedPolicy struct {
	// owner is the name of what has the policy: in the pattern, if it has one there.
	owner    string
	document policyDocument
	// role is the ARN of the role to which the policy belongs; empty for the policies of others, and for trust policies.
	role string
	// arn is what the policy belongs to, if not to a role.
	arn            string
	isFunctionRole bool
	// fixedResource is true if the statements have no resource, or the service sets it.
	fixedResource bool
	// replace puts a statement of another document in the place of this document's; nil if no operation does.
	replace func(t *testing.T, statement int, by policyDocument)
	// refused are the calls that IAM refuses without a statement.
	refused func(statement map[string]any) refusal
}

// policies returns all policies of the pattern.
func (g *permissions) policies(t *testing.T) []*deployedPolicy {
	t.Helper()
	all := g.rolePolicies(t)
	all = append(all, g.queuePolicies(t)...)
	for name, fn := range g.functions {
		if p := functionPolicy(t, name, fn); p != nil {
			all = append(all, p)
		}
	}
	return append(all, g.otherPolicies(t)...)
}

// rolePolicies returns the policy and the trust policy of each role.
func (g *permissions) rolePolicies(t *testing.T) (all []*deployedPolicy) {
	t.Helper()
	purposes := map[string]string{} // by role
	for name, fn := range g.functions {
		purposes[fn.RoleName] = name
	}
	for name, role := range g.services {
		purposes[role] = name
	}
	roles, err := iamClient(t).ListRoles(t.Context(), &iam.ListRolesInput{})
	require.NoError(t, err)
	for _, role := range roles.Roles {
		if !strings.HasPrefix(*role.RoleName, g.pattern+"-") {
			continue
		}
		name := purposes[*role.RoleName]
		require.NotEmpty(t, name, "nothing is known to use the role %s", *role.RoleName)
		delete(purposes, *role.RoleName)
		_, isFunction := g.functions[name]
		policy := readRolePolicy(t, *role.RoleName)
		all = append(all, &deployedPolicy{
			owner: name, document: policy.document, role: *role.Arn, isFunctionRole: isFunction,
			replace: func(t *testing.T, statement int, by policyDocument) {
				policy.put(t, by.String())
				if isFunction {
					g.changed(t, name, changedAction(by.Statement[statement]))
				}
			},
			refused: func(s map[string]any) refusal { return ofRole(*role.RoleName, actionsOf(s)...) },
		})
		trust, err := url.PathUnescape(*role.AssumeRolePolicyDocument)
		require.NoError(t, err)
		all = append(all, &deployedPolicy{
			owner: "trust in " + name, arn: *role.Arn, document: parsePolicy(t, trust), fixedResource: true,
			replace: func(t *testing.T, _ int, by policyDocument) {
				_, err := iamClient(t).UpdateAssumeRolePolicy(t.Context(), &iam.UpdateAssumeRolePolicyInput{RoleName: role.RoleName, PolicyDocument: aws.String(by.String())})
				require.NoError(t, err)
			},
			refused: toResource(*role.Arn),
		})
	}
	require.Empty(t, purposes, "roles that do not exist, or whose names do not begin with the pattern's")
	return all
}

// changedAction returns the action of a statement whose change takes longest to take effect.
func changedAction(s map[string]any) string {
	actions := actionsOf(s)
	if i := slices.IndexFunc(actions, isPolling); i >= 0 {
		return actions[i]
	}
	return actions[0]
}

// toResource describes the refusals of what a statement of a resource's policy allows.
func toResource(arn string) func(map[string]any) refusal {
	return func(s map[string]any) refusal {
		r := refusal{resource: arn, actions: actionsOf(s)}
		if p, ok := s["Principal"].(map[string]any); ok {
			r.principal, _ = p["Service"].(string)
		}
		return r
	}
}

// queuePolicies returns the policies of all queues. SNS sends to a dead-letter queue only what it may not send to the queue
// itself. So a statement of the one is replaced together with the other's policy.
func (g *permissions) queuePolicies(t *testing.T) (all []*deployedPolicy) {
	t.Helper()
	found, err := sqsClient(t).ListQueues(t.Context(), &sqs.ListQueuesInput{QueueNamePrefix: aws.String(g.pattern + "-")})
	require.NoError(t, err)
	byDeadLetters := map[string]*deployedPolicy{}
	for _, queueURL := range found.QueueUrls {
		out, err := sqsClient(t).GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{
			QueueUrl: &queueURL, AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNameAll},
		})
		require.NoError(t, err)
		arn := out.Attributes["QueueArn"]
		p := &deployedPolicy{owner: arn[strings.LastIndex(arn, ":")+1:], arn: arn, document: parsePolicy(t, out.Attributes["Policy"]), refused: toResource(arn)}
		p.replace = func(t *testing.T, _ int, by policyDocument) {
			if main := byDeadLetters[arn]; main != nil {
				document := main.document
				if by.text == "" {
					document = document.clone(t)
					document.Statement = slices.DeleteFunc(document.Statement, func(s map[string]any) bool { return s["Effect"] == "Allow" })
				}
				main.replace(t, 0, document)
			}
			_, err := sqsClient(t).SetQueueAttributes(t.Context(), &sqs.SetQueueAttributesInput{
				QueueUrl: &queueURL, Attributes: map[string]string{"Policy": by.String()},
			})
			require.NoError(t, err)
		}
		if text := out.Attributes["RedrivePolicy"]; text != "" {
			var redrive struct{ DeadLetterTargetArn string }
			require.NoError(t, json.Unmarshal([]byte(text), &redrive))
			byDeadLetters[redrive.DeadLetterTargetArn] = p
		}
		all = append(all, p)
	}
	return all
}

// functionPolicy returns the policy of a function, which allows API Gateway to invoke it; nil if it has none.
func functionPolicy(t *testing.T, name string, fn function) *deployedPolicy {
	t.Helper()
	functions := lambdaClient(t)
	got, err := functions.GetPolicy(t.Context(), &lambda.GetPolicyInput{FunctionName: &fn.Name})
	if none := (*lambdatypes.ResourceNotFoundException)(nil); errors.As(err, &none) {
		return nil
	}
	require.NoError(t, err)
	p := &deployedPolicy{owner: "policy of " + name, document: parsePolicy(t, *got.Policy), fixedResource: true, refused: toResource("*:" + fn.Name)}
	p.replace = func(t *testing.T, statement int, by policyDocument) {
		s := by.Statement[statement]
		_, err := functions.RemovePermission(t.Context(), &lambda.RemovePermissionInput{FunctionName: &fn.Name, StatementId: aws.String(sid(s))})
		require.NoError(t, err)
		_, err = functions.AddPermission(t.Context(), &lambda.AddPermissionInput{
			FunctionName: &fn.Name, StatementId: aws.String(sid(s)), Action: aws.String(actionsOf(s)[0]),
			Principal: aws.String(s["Principal"].(map[string]any)["Service"].(string)),
			SourceArn: conditionValue(s, "aws:SourceArn"), SourceAccount: conditionValue(s, "aws:SourceAccount"),
		})
		require.NoError(t, err)
	}
	return p
}

// otherPolicies returns the policies of topics and buckets. The embedded cloud has no operations to change them.
func (g *permissions) otherPolicies(t *testing.T) (all []*deployedPolicy) {
	t.Helper()
	topics, err := snsClient(t).ListTopics(t.Context(), &sns.ListTopicsInput{})
	require.NoError(t, err)
	for _, topic := range topics.Topics {
		name := (*topic.TopicArn)[strings.LastIndex(*topic.TopicArn, ":")+1:]
		if strings.HasPrefix(name, g.pattern+"-") {
			got, err := snsClient(t).GetTopicAttributes(t.Context(), &sns.GetTopicAttributesInput{TopicArn: topic.TopicArn})
			require.NoError(t, err)
			all = append(all, &deployedPolicy{owner: name, arn: *topic.TopicArn, document: parsePolicy(t, got.Attributes["Policy"])})
		}
	}
	buckets, err := s3Client(t).ListBuckets(t.Context(), &s3.ListBucketsInput{})
	require.NoError(t, err)
	for _, bucket := range buckets.Buckets {
		if strings.HasPrefix(*bucket.Name, g.pattern+"-") {
			got, err := s3Client(t).GetBucketPolicy(t.Context(), &s3.GetBucketPolicyInput{Bucket: bucket.Name})
			require.NoError(t, err)
			all = append(all, &deployedPolicy{owner: *bucket.Name, arn: "arn:aws:s3:::" + *bucket.Name, document: parsePolicy(t, *got.Policy)})
		}
	}
	return all
}
