package iam_test

import (
	"strings"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/policy"
)

const (
	roleType       = "aws:iam/role:Role"
	rolePolicyType = "aws:iam/rolePolicy:RolePolicy"
	attachmentType = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
	pushLogs       = "arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
)

func TestInputsAreCheckedAsIAMDoes(t *testing.T) {
	c := start(t)
	for _, k := range []struct {
		name, kind string
		inputs     map[string]any
		property   string
	}{
		{"a path", roleType, map[string]any{"path": "/orders/", "assumeRolePolicy": trustLambda}, "path"},
		{"no trust policy", roleType, map[string]any{}, "assumeRolePolicy"},
		{"an identity policy for a trust policy", roleType, map[string]any{"assumeRolePolicy": listRoles}, "assumeRolePolicy"},
		{"a property of another provider", roleType, map[string]any{"assumeRolePolicy": trustLambda, "permissionsBoundary": "x"}, "permissionsBoundary"},
		{"a trust policy for an inline policy", rolePolicyType, map[string]any{"role": "r", "policy": trustLambda}, "policy"},
		{"no role", rolePolicyType, map[string]any{"policy": listRoles}, "role"},
		{"a policy that is none", rolePolicyType, map[string]any{"role": "r", "policy": "{}"}, "policy"},
		{"no policy to attach", attachmentType, map[string]any{"role": "r"}, "policyArn"},
	} {
		t.Run(k.name, func(t *testing.T) {
			failures := c.Check(t, k.kind, k.inputs).GetFailures()
			require.Len(t, failures, 1)
			require.Equal(t, k.property, failures[0].GetProperty())
		})
	}
}

func TestRoleWithPoliciesIsNotDeleted(t *testing.T) {
	c := start(t)
	id, state := c.MustDeploy(t, roleType, map[string]any{"name": "store", "assumeRolePolicy": trustLambda})
	require.Equal(t, "arn:aws:iam::123456789012:role/store", state["arn"])
	inline, _ := c.MustDeploy(t, rolePolicyType, map[string]any{"name": "inline", "role": "store", "policy": listRoles})
	attached, _ := c.MustDeploy(t, attachmentType, map[string]any{"role": "store", "policyArn": pushLogs})

	require.ErrorContains(t, c.Delete(t, roleType, id), "DeleteConflict")
	require.NoError(t, c.Delete(t, rolePolicyType, inline))
	require.ErrorContains(t, c.Delete(t, roleType, id), "DeleteConflict")
	require.NoError(t, c.Delete(t, attachmentType, attached))
	require.NoError(t, c.Delete(t, roleType, id))
	require.Nil(t, c.Read(t, roleType, id))
	require.Nil(t, c.Read(t, rolePolicyType, inline))
	require.Nil(t, c.Read(t, attachmentType, attached))
	require.NoError(t, c.Delete(t, roleType, id), "deleting what is gone")
}

func TestSessionsOfADeletedRoleMayDoNothing(t *testing.T) {
	c := start(t)
	inputs := map[string]any{"name": "store", "assumeRolePolicy": trustLambda}
	id, _ := c.MustDeploy(t, roleType, inputs)
	inline, _ := c.MustDeploy(t, rolePolicyType, map[string]any{"name": "inline", "role": "store", "policy": listRoles})
	p, _, err := c.IAM.AssumeRole("lambda.amazonaws.com", account.GlobalARN("iam", "role/store"), "s", nil)
	require.NoError(t, err)
	list := policy.Request{Principal: p, Action: "iam:ListRoles", Resource: "*"}
	require.NoError(t, c.Account.Authorize(t.Context(), list))

	require.NoError(t, c.Delete(t, rolePolicyType, inline))
	require.NoError(t, c.Delete(t, roleType, id))
	require.Error(t, c.Account.Authorize(t.Context(), list))

	// A new role of the same name is not theirs.
	c.MustDeploy(t, roleType, inputs)
	c.MustDeploy(t, rolePolicyType, map[string]any{"name": "inline", "role": "store", "policy": listRoles})
	require.Error(t, c.Account.Authorize(t.Context(), list))
}

func TestRoleNamesAreUnique(t *testing.T) {
	c := start(t)
	inputs := map[string]any{"name": "n", "assumeRolePolicy": trustLambda}
	c.MustDeploy(t, roleType, inputs)
	_, _, err := c.Deploy(t, roleType, inputs)
	require.ErrorContains(t, err, "EntityAlreadyExists")
}

func TestPoliciesNeedAnExistingRole(t *testing.T) {
	c := start(t)
	_, _, err := c.Deploy(t, rolePolicyType, map[string]any{"role": "absent", "policy": listRoles})
	require.ErrorContains(t, err, "The role with name absent cannot be found.")
	_, _, err = c.Deploy(t, attachmentType, map[string]any{"role": "absent", "policyArn": pushLogs})
	require.ErrorContains(t, err, "The role with name absent cannot be found.")
	c.MustDeploy(t, roleType, map[string]any{"name": "store", "assumeRolePolicy": trustLambda})
	_, _, err = c.Deploy(t, attachmentType, map[string]any{"role": "store", "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"})
	require.ErrorContains(t, err, "does not exist or is not attachable")
}

func TestManagedPolicies(t *testing.T) {
	c := start(t)
	p, _ := c.Role(t, "store", nothing)
	write := policy.Request{Principal: p, Action: "logs:PutLogEvents", Resource: account.ARN("logs", "log-group:g:*")}
	require.Error(t, c.Account.Authorize(t.Context(), write))
	attached, _ := c.MustDeploy(t, attachmentType, map[string]any{"role": "store", "policyArn": pushLogs})
	require.NoError(t, c.Account.Authorize(t.Context(), write))
	require.NoError(t, c.Delete(t, attachmentType, attached))
	require.Error(t, c.Account.Authorize(t.Context(), write))
}

func TestUpdatesOfARole(t *testing.T) {
	c := start(t)
	id, _ := c.MustDeploy(t, roleType, map[string]any{"name": "store", "assumeRolePolicy": trustLambda})
	states := strings.Replace(trustLambda, "lambda", "states", 1)
	require.NoError(t, c.Update(t, roleType, id, map[string]any{"name": "store", "assumeRolePolicy": states, "description": "d", "tags": map[string]any{"k": "v"}}))
	state := c.Read(t, roleType, id)
	require.Equal(t, states, state["assumeRolePolicy"])
	require.Equal(t, "d", state["description"])
	require.Equal(t, map[string]any{"k": "v"}, state["tags"])
	_, _, err := c.IAM.AssumeRole("lambda.amazonaws.com", account.GlobalARN("iam", "role/store"), "s", nil)
	require.Error(t, err)
	_, _, err = c.IAM.AssumeRole("states.amazonaws.com", account.GlobalARN("iam", "role/store"), "s", nil)
	require.NoError(t, err)
}

func TestChangesOutsideOfPulumiAreRead(t *testing.T) {
	c := start(t)
	c.MustDeploy(t, roleType, map[string]any{"name": "store", "assumeRolePolicy": trustLambda})
	id, _ := c.MustDeploy(t, rolePolicyType, map[string]any{"name": "inline", "role": "store", "policy": nothing})
	require.Equal(t, "store:inline", id)
	name, role, document := "inline", "store", listRoles
	_, err := sdk.NewFromConfig(c.Admin).PutRolePolicy(t.Context(), &sdk.PutRolePolicyInput{RoleName: &role, PolicyName: &name, PolicyDocument: &document})
	require.NoError(t, err)
	require.Equal(t, listRoles, c.Read(t, rolePolicyType, id)["policy"])
	require.NoError(t, c.Update(t, rolePolicyType, id, map[string]any{"name": "inline", "role": "store", "policy": nothing}))
	require.Equal(t, nothing, c.Read(t, rolePolicyType, id)["policy"])
}
