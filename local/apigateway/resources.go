package apigateway

import (
	"context"
	"time"

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
	Name                      *string                `pulumi:"name,optional"`
	Body                      *string                `pulumi:"body,optional"`
	Description               *string                `pulumi:"description,optional"`
	BinaryMediaTypes          []string               `pulumi:"binaryMediaTypes,optional"`
	EndpointConfiguration     *EndpointConfiguration `pulumi:"endpointConfiguration,optional"`
	DisableExecuteAPIEndpoint *bool                  `pulumi:"disableExecuteApiEndpoint,optional"`
	APIKeySource              *string                `pulumi:"apiKeySource,optional"`
	FailOnWarnings            *bool                  `pulumi:"failOnWarnings,optional"`
	PutRestAPIMode            *string                `pulumi:"putRestApiMode,optional"`
	Tags                      map[string]string      `pulumi:"tags,optional"`
}

// EndpointConfiguration tells where AWS receives an API's requests. It makes no difference here.
type EndpointConfiguration struct {
	Types         string  `pulumi:"types"`
	IPAddressType *string `pulumi:"ipAddressType,optional"`
}

type restAPIState struct {
	RestAPIArgs
	ARN            string            `pulumi:"arn"`
	CreatedDate    string            `pulumi:"createdDate"`
	ExecutionARN   string            `pulumi:"executionArn"`
	RootResourceID string            `pulumi:"rootResourceId"`
	TagsAll        map[string]string `pulumi:"tagsAll"`
}

func (a *restAPI) state() *restAPIState {
	return &restAPIState{
		RestAPIArgs: a.inputs, ARN: arn("/restapis/" + a.id), CreatedDate: a.created.Format(time.RFC3339), ExecutionARN: executionARN(a.id),
		RootResourceID: a.definition.root.id, TagsAll: a.inputs.Tags,
	}
}

func (s *Service) checkAPI(c *provider.Checker, in *RestAPIArgs) {
	if in.Name != nil && (len(*in.Name) == 0 || len(*in.Name) > 1024) {
		c.Failf("name", "must have 1 to 1024 characters, got %d", len(*in.Name))
	}
	c.OneOf("putRestApiMode", in.PutRestAPIMode, "overwrite")
	c.OneOf("apiKeySource", in.APIKeySource, keyFromHeader)
	if e := in.EndpointConfiguration; e != nil && !c.Unknown("endpointConfiguration.types") {
		c.OneOf("endpointConfiguration.types", &e.Types, "EDGE", "REGIONAL")
		c.OneOf("endpointConfiguration.ipAddressType", e.IPAddressType, "ipv4", "dualstack")
	}
	if in.Body != nil {
		if _, err := s.parse("", *in.Body); err != nil {
			c.Failf("body", "is not accepted: %v", err)
		}
	}
}

// define makes the API's definition. The caller holds the lock.
func (s *Service) define(a *restAPI, in *RestAPIArgs) error {
	text := ""
	if in.Body != nil {
		text = *in.Body
	}
	d, err := s.parse(a.id, text)
	if err != nil {
		return err
	}
	for _, m := range d.methods {
		if action, ok := m.integration.(*serviceAction); ok {
			if err := s.assumable(action.role); err != nil {
				return err
			}
		}
	}
	if in.BinaryMediaTypes != nil {
		d.binary = in.BinaryMediaTypes
	}
	d.closed = in.DisableExecuteAPIEndpoint != nil && *in.DisableExecuteAPIEndpoint
	a.inputs, a.definition = *in, d
	return nil
}

func (s *Service) restAPIKind() provider.Kind {
	return &provider.Resource[RestAPIArgs, restAPIState]{
		Type:     "aws:apigateway/restApi:RestApi",
		AutoName: &provider.AutoName{Property: "name", Max: 255},
		Check:    s.checkAPI,
		Create: func(_ context.Context, in *RestAPIArgs) (string, *restAPIState, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			a := &restAPI{
				id: newID(10), created: s.account.Clock.Now().UTC(), deployments: map[string]*deployment{}, stages: map[string]*stage{},
			}
			if err := s.define(a, in); err != nil {
				return "", nil, err
			}
			s.apis[a.id] = a
			return a.id, a.state(), nil
		},
		Read: func(_ context.Context, id string) (*restAPIState, error) {
			s.mu.RLock()
			defer s.mu.RUnlock()
			if a, err := s.api(id); err == nil {
				return a.state(), nil
			}
			return nil, nil
		},
		Update: func(_ context.Context, id string, in *RestAPIArgs) (*restAPIState, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			a, err := s.api(id)
			if err != nil {
				return nil, err
			}
			if err := s.define(a, in); err != nil {
				return nil, err
			}
			return a.state(), nil
		},
		Delete: func(_ context.Context, id string) error {
			s.mu.Lock()
			defer s.mu.Unlock()
			if a := s.apis[id]; a != nil {
				for _, st := range a.stages {
					st.live.log.close()
				}
			}
			delete(s.apis, id)
			s.forget(func(st PlanStage) bool { return st.APIID == id })
			return nil
		},
	}
}

// DeploymentArgs are the inputs of aws:apigateway/deployment:Deployment.
type DeploymentArgs struct {
	RestAPI     string            `pulumi:"restApi,replace"`
	Description *string           `pulumi:"description,optional"`
	Triggers    map[string]string `pulumi:"triggers,optional,replace"`
}

type deploymentState struct {
	DeploymentArgs
	CreatedDate  string `pulumi:"createdDate"`
	ExecutionARN string `pulumi:"executionArn"`
	InvokeURL    string `pulumi:"invokeUrl"`
}

func (s *Service) deploymentState(d *deployment) *deploymentState {
	return &deploymentState{
		DeploymentArgs: d.inputs, CreatedDate: d.created.Format(time.RFC3339),
		ExecutionARN: executionARN(d.inputs.RestAPI + "/"), InvokeURL: s.invokeURL(d.inputs.RestAPI, ""),
	}
}

// findDeployment looks in all APIs, because a Pulumi id has only the deployment's. The caller holds the lock.
func (s *Service) findDeployment(id string) (*restAPI, *deployment) {
	for _, a := range s.apis {
		if d := a.deployments[id]; d != nil {
			return a, d
		}
	}
	return nil, nil
}

func (s *Service) deploymentKind() provider.Kind {
	return &provider.Resource[DeploymentArgs, deploymentState]{
		Type: "aws:apigateway/deployment:Deployment",
		Create: func(_ context.Context, in *DeploymentArgs) (string, *deploymentState, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			a, err := s.api(in.RestAPI)
			if err != nil {
				return "", nil, err
			}
			if err := a.definition.deployable(); err != nil {
				return "", nil, err
			}
			d := &deployment{id: newID(6), inputs: *in, created: s.account.Clock.Now().UTC(), definition: a.definition}
			a.deployments[d.id] = d
			return d.id, s.deploymentState(d), nil
		},
		Read: func(_ context.Context, id string) (*deploymentState, error) {
			s.mu.RLock()
			defer s.mu.RUnlock()
			if _, d := s.findDeployment(id); d != nil {
				return s.deploymentState(d), nil
			}
			return nil, nil
		},
		Update: func(_ context.Context, id string, in *DeploymentArgs) (*deploymentState, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			_, d := s.findDeployment(id)
			if d == nil {
				return nil, notFound("Invalid Deployment identifier specified")
			}
			d.inputs = *in
			return s.deploymentState(d), nil
		},
		Delete: func(_ context.Context, id string) error {
			s.mu.Lock()
			defer s.mu.Unlock()
			a, d := s.findDeployment(id)
			if d == nil {
				return nil
			}
			for _, st := range a.stages {
				if st.inputs.Deployment == id {
					return badRequest("Active stages pointing to this deployment must be moved or deleted")
				}
			}
			delete(a.deployments, id)
			return nil
		},
	}
}
