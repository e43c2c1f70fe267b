package iam_test

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/internal/cloudtest"
	"github.com/order-patterns/order-patterns/local/policy"
)

const (
	trustLambda = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	nothing     = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"ec2:*","Resource":"*"}]}`
	listRoles   = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:ListRoles","Resource":"*"}]}`
)

func start(t *testing.T) *cloudtest.Cloud {
	t.Helper()
	c := cloudtest.New()
	c.Serve(t, c.IAM)
	return c
}

func TestReadRolesThroughAnSDK(t *testing.T) {
	c := start(t)
	client := sdk.NewFromConfig(c.Admin)
	c.MustDeploy(t, roleType, map[string]any{"name": "store", "assumeRolePolicy": trustLambda})
	c.MustDeploy(t, roleType, map[string]any{"name": "a", "assumeRolePolicy": trustLambda})
	c.MustDeploy(t, rolePolicyType, map[string]any{"name": "inline", "role": "store", "policy": listRoles})
	c.MustDeploy(t, attachmentType, map[string]any{"role": "store", "policyArn": pushLogs})

	roles, err := client.ListRoles(t.Context(), &sdk.ListRolesInput{})
	require.NoError(t, err)
	require.Len(t, roles.Roles, 2)
	require.Equal(t, "a", *roles.Roles[0].RoleName)

	got, err := client.GetRole(t.Context(), &sdk.GetRoleInput{RoleName: aws.String("store")})
	require.NoError(t, err)
	require.Equal(t, "arn:aws:iam::123456789012:role/store", *got.Role.Arn)
	require.Equal(t, "/", *got.Role.Path)
	require.Regexp(t, `^AROA[A-Z2-7]{17}$`, *got.Role.RoleId)
	require.EqualValues(t, 3600, *got.Role.MaxSessionDuration)
	require.WithinDuration(t, c.Clock.Now(), *got.Role.CreateDate, time.Second)
	trust, err := url.PathUnescape(*got.Role.AssumeRolePolicyDocument)
	require.NoError(t, err)
	require.Equal(t, trustLambda, trust)

	names, err := client.ListRolePolicies(t.Context(), &sdk.ListRolePoliciesInput{RoleName: aws.String("store")})
	require.NoError(t, err)
	require.Equal(t, []string{"inline"}, names.PolicyNames)
	attached, err := client.ListAttachedRolePolicies(t.Context(), &sdk.ListAttachedRolePoliciesInput{RoleName: aws.String("store")})
	require.NoError(t, err)
	require.Equal(t, []types.AttachedPolicy{{PolicyName: aws.String("AmazonAPIGatewayPushToCloudWatchLogs"), PolicyArn: aws.String(pushLogs)}},
		attached.AttachedPolicies)
}

func TestInlinePoliciesThroughAnSDK(t *testing.T) {
	c := start(t)
	client := sdk.NewFromConfig(c.Admin)
	_, session := c.Role(t, "store", nothing)
	tryIt := func() error {
		_, err := sdk.NewFromConfig(session).ListRoles(t.Context(), &sdk.ListRolesInput{})
		return err
	}
	put := func(role, name, document string) error {
		_, err := client.PutRolePolicy(t.Context(), &sdk.PutRolePolicyInput{RoleName: &role, PolicyName: &name, PolicyDocument: &document})
		return err
	}
	cloudtest.Refused(t, tryIt(), "AccessDenied")

	// A policy counts from the next call on, in sessions that are there already.
	spaced := strings.ReplaceAll(listRoles, ",", ", ") + "\n"
	require.NoError(t, put("store", "more", spaced))
	require.NoError(t, tryIt())

	got, err := client.GetRolePolicy(t.Context(), &sdk.GetRolePolicyInput{RoleName: aws.String("store"), PolicyName: aws.String("more")})
	require.NoError(t, err)
	document, err := url.PathUnescape(*got.PolicyDocument) // RFC 3986: a plus sign is one
	require.NoError(t, err)
	require.Equal(t, spaced, document)

	remove := func() error {
		_, err := client.DeleteRolePolicy(t.Context(), &sdk.DeleteRolePolicyInput{RoleName: aws.String("store"), PolicyName: aws.String("more")})
		return err
	}
	require.NoError(t, remove())
	cloudtest.Refused(t, tryIt(), "AccessDenied")
	cloudtest.Refused(t, remove(), "NoSuchEntity")

	cloudtest.Refused(t, put("absent", "p", listRoles), "NoSuchEntity")
	require.Contains(t, cloudtest.Refused(t, put("store", "p", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"x:y"}]}`),
		"MalformedPolicyDocument"), "Resource is required")
	_, err = client.GetRolePolicy(t.Context(), &sdk.GetRolePolicyInput{RoleName: aws.String("store"), PolicyName: aws.String("absent")})
	cloudtest.Refused(t, err, "NoSuchEntity")
	_, err = client.GetRole(t.Context(), &sdk.GetRoleInput{RoleName: aws.String("absent")})
	require.Equal(t, "The role with name absent cannot be found.", cloudtest.Refused(t, err, "NoSuchEntity"))
}

func TestEveryOperationNeedsItsPermission(t *testing.T) {
	c := start(t)
	_, session := c.Role(t, "store", nothing)
	client := sdk.NewFromConfig(session)
	store, p := aws.String("store"), aws.String("inline")
	calls := map[string]func() error{
		"iam:ListRoles": func() error { _, err := client.ListRoles(t.Context(), &sdk.ListRolesInput{}); return err },
		"iam:GetRole":   func() error { _, err := client.GetRole(t.Context(), &sdk.GetRoleInput{RoleName: store}); return err },
		"iam:ListRolePolicies": func() error {
			_, err := client.ListRolePolicies(t.Context(), &sdk.ListRolePoliciesInput{RoleName: store})
			return err
		},
		"iam:GetRolePolicy": func() error {
			_, err := client.GetRolePolicy(t.Context(), &sdk.GetRolePolicyInput{RoleName: store, PolicyName: p})
			return err
		},
		"iam:PutRolePolicy": func() error {
			_, err := client.PutRolePolicy(t.Context(), &sdk.PutRolePolicyInput{RoleName: store, PolicyName: p, PolicyDocument: aws.String(listRoles)})
			return err
		},
		"iam:DeleteRolePolicy": func() error {
			_, err := client.DeleteRolePolicy(t.Context(), &sdk.DeleteRolePolicyInput{RoleName: store, PolicyName: p})
			return err
		},
		"iam:UpdateAssumeRolePolicy": func() error {
			_, err := client.UpdateAssumeRolePolicy(t.Context(), &sdk.UpdateAssumeRolePolicyInput{RoleName: store, PolicyDocument: aws.String(trustLambda)})
			return err
		},
		"iam:ListAttachedRolePolicies": func() error {
			_, err := client.ListAttachedRolePolicies(t.Context(), &sdk.ListAttachedRolePoliciesInput{RoleName: store})
			return err
		},
	}
	for action, call := range calls {
		t.Run(action, func(t *testing.T) {
			resource := account.GlobalARN("iam", "role/store")
			if action == "iam:ListRoles" {
				resource = "*"
			}
			require.Contains(t, cloudtest.Refused(t, call(), "AccessDenied"), "perform: "+action+" on resource: "+resource+" because")
		})
	}
	// Not even whether a role is there is told.
	_, err := client.GetRole(t.Context(), &sdk.GetRoleInput{RoleName: aws.String("absent")})
	require.Contains(t, cloudtest.Refused(t, err, "AccessDenied"), "role/absent")
	// And nothing was changed.
	require.NotNil(t, c.Read(t, rolePolicyType, "store:inline"))
}

// A test may hold one caller; all others go on.
func TestWaitingAuthorizationHoldsNoLock(t *testing.T) {
	c := start(t)
	client := sdk.NewFromConfig(c.Admin)
	c.MustDeploy(t, roleType, map[string]any{"name": "store", "assumeRolePolicy": trustLambda})
	waiting, release, done := make(chan struct{}), make(chan struct{}), make(chan error)
	c.Account.Faults.Add(fault.Rule{Action: "iam:GetRole", Do: func(context.Context, fault.Event) error {
		close(waiting)
		<-release
		return nil
	}})
	go func() {
		_, err := client.GetRole(t.Context(), &sdk.GetRoleInput{RoleName: aws.String("store")})
		done <- err
	}()
	<-waiting
	_, err := client.PutRolePolicy(t.Context(), &sdk.PutRolePolicyInput{RoleName: aws.String("store"), PolicyName: aws.String("p"), PolicyDocument: aws.String(listRoles)})
	require.NoError(t, err)
	close(release)
	require.NoError(t, <-done)
}

func TestRevokedSessionIsUnknown(t *testing.T) {
	c := start(t)
	c.MustDeploy(t, roleType, map[string]any{"name": "store", "assumeRolePolicy": trustLambda})
	p, creds, err := c.IAM.AssumeRole("lambda.amazonaws.com", account.GlobalARN("iam", "role/store"), "i-1", nil)
	require.NoError(t, err)
	require.Equal(t, "arn:aws:sts::123456789012:assumed-role/store/i-1", p.ARN)
	require.Regexp(t, `^AROA[A-Z2-7]{17}:i-1$`, p.ID)
	require.Regexp(t, `^ASIA`, creds.AccessKeyID)
	require.NotEmpty(t, creds.SessionToken)

	id, ok := c.IAM.Lookup(creds.AccessKeyID)
	require.True(t, ok)
	require.Equal(t, creds.SecretAccessKey, id.Secret)
	c.IAM.Revoke(creds.AccessKeyID)
	_, ok = c.IAM.Lookup(creds.AccessKeyID)
	require.False(t, ok)
}

func TestAssumeRoleNeedsTheTrustPolicy(t *testing.T) {
	c := start(t)
	c.MustDeploy(t, roleType, map[string]any{"name": "store", "assumeRolePolicy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
		"Principal":{"Service":"states.amazonaws.com"},"Action":"sts:AssumeRole","Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:states:*:*:*"}}}]}`})
	const arn = "arn:aws:iam::123456789012:role/store"
	machine := map[string]string{"aws:SourceArn": "arn:aws:states:us-east-1:123456789012:stateMachine:m"}
	_, _, err := c.IAM.AssumeRole("states.amazonaws.com", arn, "s", machine)
	require.NoError(t, err)

	for name, try := range map[string]struct {
		service, arn string
		keys         map[string]string
	}{
		"another service":             {"lambda.amazonaws.com", arn, machine},
		"a condition that is not met": {"states.amazonaws.com", arn, nil},
		"a role that there is not":    {"states.amazonaws.com", arn + "2", machine},
		"another path":                {"states.amazonaws.com", "arn:aws:iam::123456789012:role/orders/store", machine},
		"another account":             {"states.amazonaws.com", "arn:aws:iam::210987654321:role/store", machine},
		"a name for an ARN":           {"states.amazonaws.com", "store", machine},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := c.IAM.AssumeRole(try.service, try.arn, "s", try.keys)
			var denied *policy.DeniedError
			require.ErrorAs(t, err, &denied)
			require.ErrorContains(t, err, "User: "+try.service+" is not authorized to perform: sts:AssumeRole on resource: "+try.arn)
		})
	}
}

func TestTrustPolicyChangesThroughAnSDK(t *testing.T) {
	c := start(t)
	client := sdk.NewFromConfig(c.Admin)
	c.MustDeploy(t, roleType, map[string]any{"name": "store", "description": "kept", "assumeRolePolicy": trustLambda})
	update := func(role, document string) error {
		_, err := client.UpdateAssumeRolePolicy(t.Context(), &sdk.UpdateAssumeRolePolicyInput{RoleName: &role, PolicyDocument: &document})
		return err
	}
	assume := func() error {
		_, _, err := c.IAM.AssumeRole("lambda.amazonaws.com", account.GlobalARN("iam", "role/store"), "s", nil)
		return err
	}
	trustStates := strings.Replace(trustLambda, "lambda", "states", 1)
	require.NoError(t, assume())
	require.NoError(t, update("store", trustStates))
	require.Error(t, assume())
	state := c.Read(t, roleType, "store")
	require.Equal(t, trustStates, state["assumeRolePolicy"])
	require.Equal(t, "kept", state["description"])
	cloudtest.Refused(t, update("store", listRoles), "MalformedPolicyDocument")
	cloudtest.Refused(t, update("absent", trustLambda), "NoSuchEntity")
}
