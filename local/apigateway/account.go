package apigateway

import (
	"context"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/provider"
)

// AccountArgs are the inputs of aws:apigateway/account:Account, the Region's only settings of API Gateway.
type AccountArgs struct {
	CloudwatchRoleARN *string `pulumi:"cloudwatchRoleArn,optional"`
	ResetOnDelete     *bool   `pulumi:"resetOnDelete,optional"`
}

type accountState struct {
	AccountArgs
	APIKeyVersion    string             `pulumi:"apiKeyVersion"`
	Features         []string           `pulumi:"features"`
	ThrottleSettings []throttleSettings `pulumi:"throttleSettings"`
}

type throttleSettings struct {
	BurstLimit int     `pulumi:"burstLimit"`
	RateLimit  float64 `pulumi:"rateLimit"`
}

const apiKeyVersion = "1"

var accountFeatures = []string{"UsagePlans"}

var errNoLogRole = badRequest("CloudWatch Logs role ARN must be set in account settings to enable logging")

// logActions are what the role of the account needs, on all log groups:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html#set-up-access-logging-permissions
var logActions = []string{
	"logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogGroups", "logs:DescribeLogStreams", "logs:PutLogEvents",
	"logs:GetLogEvents", "logs:FilterLogEvents",
}

// setLogRole takes a role that API Gateway can assume and that may write logs.
func (s *Service) setLogRole(role *string) error {
	if role == nil || *role == "" {
		s.logRole.Store(nil)
		return nil
	}
	refused := badRequest("The role ARN does not have required permissions configured. Please grant trust permission for " +
		"API Gateway and add the required role policy.")
	if !s.roles.RoleExists(*role) {
		return refused
	}
	p, credentials, err := s.roles.AssumeRole(principal.Service, *role, "BackplaneAssumeRoleSession", nil)
	if err != nil {
		return refused
	}
	defer s.roles.Revoke(credentials.AccessKeyID)
	for _, action := range logActions {
		if policy.Authorize(policy.Request{Principal: p, Action: action, Resource: account.ARN("logs", "log-group:*")}) != nil {
			return refused
		}
	}
	s.logRole.Store(role)
	return nil
}

func (s *Service) accountState(resetOnDelete *bool) *accountState {
	return &accountState{
		AccountArgs:   AccountArgs{CloudwatchRoleARN: s.logRole.Load(), ResetOnDelete: resetOnDelete},
		APIKeyVersion: apiKeyVersion, Features: accountFeatures,
		ThrottleSettings: []throttleSettings{{BurstLimit: accountBurst, RateLimit: accountRate}},
	}
}

// accountKind is the setting as a resource. It always exists: making the resource sets it, and deleting the resource
// leaves it as it is, unless resetOnDelete says otherwise.
func (s *Service) accountKind() provider.Kind {
	set := func(in *AccountArgs) (*accountState, error) {
		if err := s.setLogRole(in.CloudwatchRoleARN); err != nil {
			return nil, err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.owned = in
		return s.accountState(in.ResetOnDelete), nil
	}
	return &provider.Resource[AccountArgs, accountState]{
		Type: "aws:apigateway/account:Account",
		Create: func(_ context.Context, in *AccountArgs) (string, *accountState, error) {
			state, err := set(in)
			return "api-gateway-account", state, err
		},
		Read: func(context.Context, string) (*accountState, error) {
			s.mu.RLock()
			defer s.mu.RUnlock()
			if s.owned == nil {
				return nil, nil // the cloud began anew: the setting has to be made again
			}
			return s.accountState(s.owned.ResetOnDelete), nil
		},
		Update: func(_ context.Context, _ string, in *AccountArgs) (*accountState, error) { return set(in) },
		Delete: func(context.Context, string) error {
			s.mu.Lock()
			defer s.mu.Unlock()
			if s.owned != nil && s.owned.ResetOnDelete != nil && *s.owned.ResetOnDelete {
				s.logRole.Store(nil)
			}
			s.owned = nil
			return nil
		},
	}
}
