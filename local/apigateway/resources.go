package apigateway

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/provider"
)

// Kinds are the Pulumi resource types that this service realises.
func (s *Service) Kinds() []provider.Kind {
	return []provider.Kind{
		s.restAPIKind(), s.deploymentKind(), s.stageKind(), s.methodSettingsKind(), s.accountKind(),
		s.usagePlanKind(), s.apiKeyKind(), s.usagePlanKeyKind(),
	}
}

// RestAPIArgs are the inputs of aws:apigateway/restApi:RestApi.
type RestAPIArgs struct {
	Name                  *string                `pulumi:"name,optional"`
	Body                  *string                `pulumi:"body,optional"`
	EndpointConfiguration *EndpointConfiguration `pulumi:"endpointConfiguration,optional"`
	// FailOnWarnings makes no difference here: there are no warnings.
	FailOnWarnings *bool `pulumi:"failOnWarnings,optional"`
	// Policy is the resource policy. As on AWS, a change takes effect with the next deployment.
	Policy *string `pulumi:"policy,optional"`
	// DisableExecuteAPIEndpoint makes no difference here: there are no custom domains.
	DisableExecuteAPIEndpoint *bool             `pulumi:"disableExecuteApiEndpoint,optional"`
	Tags                      map[string]string `pulumi:"tags,optional"`
	ARN                       string            `pulumi:"arn,output"`
	CreatedDate               string            `pulumi:"createdDate,output"`
	ExecutionARN              string            `pulumi:"executionArn,output"`
	RootResourceID            string            `pulumi:"rootResourceId,output"`
}

// EndpointConfiguration is where AWS receives an API's requests. It makes no difference here.
type EndpointConfiguration struct {
	Types string `pulumi:"types"` // EDGE or REGIONAL
}

func (s *Service) restAPIKind() provider.Kind {
	return &provider.Object[RestAPIArgs, restAPI]{
		Type:     "aws:apigateway/restApi:RestApi",
		AutoName: &provider.AutoName{Property: "name", Max: 255},
		Lock:     &s.mu,
		Find:     s.api,
		Check: func(c *provider.Checker, in *RestAPIArgs) {
			if e := in.EndpointConfiguration; e != nil {
				c.OneOf("endpointConfiguration.types", &e.Types, "EDGE", "REGIONAL")
			}
			c.Parse("policy", in.Policy, policy.Check(policy.Resource))
			c.Parse("body", in.Body, func(body string) error {
				_, err := s.parse("", body)
				return err
			})
		},
		State: func(a *restAPI) *RestAPIArgs {
			state := a.inputs
			state.ARN, state.CreatedDate = arn("/restapis/"+a.id), a.created.Format(time.RFC3339)
			state.ExecutionARN, state.RootResourceID = executionARN(a.id), a.definition.rootID
			return &state
		},
		Create: func(_ context.Context, in *RestAPIArgs) (string, error) {
			a := &restAPI{
				id: newID(10), created: s.account.Clock.Now().UTC(), deployments: map[string]*deployment{}, stages: map[string]*stage{},
			}
			if err := s.define(a, in); err != nil {
				return "", err
			}
			s.apis[a.id] = a
			return a.id, nil
		},
		Update: func(_ context.Context, a *restAPI, in *RestAPIArgs) error { return s.define(a, in) },
		Delete: func(_ context.Context, a *restAPI) error {
			delete(s.apis, a.id)
			return nil
		},
	}
}

// define sets the API's inputs and definition. The caller holds the lock.
func (s *Service) define(a *restAPI, in *RestAPIArgs) error {
	d, err := s.parse(a.id, aws.ToString(in.Body))
	if err != nil {
		return err
	}
	// The short form of a resource, execute-api:/STAGE/METHOD/PATH, is refused:
	// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-examples.html
	if in.Policy != nil {
		if d.policy, err = policy.Parse(*in.Policy, policy.Resource); err != nil {
			return badRequest("%v", err)
		}
	}
	a.inputs, a.definition = *in, d
	return nil
}

// DeploymentArgs are the inputs of aws:apigateway/deployment:Deployment.
type DeploymentArgs struct {
	RestAPI      string            `pulumi:"restApi,replace"`
	Triggers     map[string]string `pulumi:"triggers,optional,replace"`
	CreatedDate  string            `pulumi:"createdDate,output"`
	ExecutionARN string            `pulumi:"executionArn,output"`
	InvokeURL    string            `pulumi:"invokeUrl,output"`
}

// deployment searches all APIs, because a Pulumi id has only the deployment's. The caller holds the lock.
func (s *Service) deployment(id string) (*deployment, error) {
	for _, a := range s.apis {
		if d := a.deployments[id]; d != nil {
			return d, nil
		}
	}
	return nil, notFound("Invalid Deployment identifier specified")
}

func (s *Service) deploymentKind() provider.Kind {
	return &provider.Object[DeploymentArgs, deployment]{
		Type: "aws:apigateway/deployment:Deployment",
		Lock: &s.mu,
		Find: s.deployment,
		State: func(d *deployment) *DeploymentArgs {
			state, path := d.inputs, d.inputs.RestAPI+"/"
			state.CreatedDate, state.ExecutionARN, state.InvokeURL = d.created.Format(time.RFC3339), executionARN(path), s.BaseURL()+"/"+path
			return &state
		},
		Create: func(_ context.Context, in *DeploymentArgs) (string, error) {
			a, err := s.api(in.RestAPI)
			if err != nil {
				return "", err
			}
			d := &deployment{id: newID(6), inputs: *in, created: s.account.Clock.Now().UTC(), definition: a.definition}
			a.deployments[d.id] = d
			return d.id, nil
		},
		Delete: func(_ context.Context, d *deployment) error {
			a := s.apis[d.inputs.RestAPI]
			for _, st := range a.stages {
				if st.inputs.Deployment == d.id {
					return badRequest("Active stages pointing to this deployment must be moved or deleted")
				}
			}
			delete(a.deployments, d.id)
			return nil
		},
	}
}

// AccountArgs are the inputs of aws:apigateway/account:Account, API Gateway's settings for the account in the Region.
type AccountArgs struct {
	CloudwatchRoleARN *string            `pulumi:"cloudwatchRoleArn,optional"`
	ResetOnDelete     *bool              `pulumi:"resetOnDelete,optional"`
	ThrottleSettings  []throttleSettings `pulumi:"throttleSettings,output"`
}

type throttleSettings struct {
	BurstLimit int     `pulumi:"burstLimit"`
	RateLimit  float64 `pulumi:"rateLimit"`
}

// accountKind is the settings as a resource. They always exist: making the resource sets them, and deleting it leaves
// them as they are, unless ResetOnDelete is true.
func (s *Service) accountKind() provider.Kind {
	set := func(_ context.Context, _ *Service, in *AccountArgs) error {
		if in != nil {
			s.accountOwner = in
			return s.setLogRole(in.CloudwatchRoleARN)
		}
		if s.accountOwner != nil && aws.ToBool(s.accountOwner.ResetOnDelete) {
			s.logRole.Store(nil)
		}
		s.accountOwner = nil
		return nil
	}
	return provider.Setting(func(*AccountArgs) string { return "api-gateway-account" }, set, provider.Object[AccountArgs, Service]{
		Type: "aws:apigateway/account:Account",
		Lock: &s.mu,
		Find: func(string) (*Service, error) { return s, nil },
		State: func(*Service) *AccountArgs {
			if s.accountOwner == nil {
				return nil
			}
			return &AccountArgs{s.logRole.Load(), s.accountOwner.ResetOnDelete, []throttleSettings{{accountBurst, accountRate}}}
		},
	})
}
