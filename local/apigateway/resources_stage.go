package apigateway

import (
	"context"
	"net/http"
	"regexp"
	"strings"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/provider"
	"github.com/order-patterns/order-patterns/local/wire"
)

// StageArgs are the inputs of aws:apigateway/stage:Stage.
type StageArgs struct {
	RestAPI            string             `pulumi:"restApi,replace"`
	StageName          string             `pulumi:"stageName,replace"`
	Deployment         string             `pulumi:"deployment"`
	XRayTracingEnabled *bool              `pulumi:"xrayTracingEnabled,optional"`
	AccessLogSettings  *AccessLogSettings `pulumi:"accessLogSettings,optional"`
	Tags               map[string]string  `pulumi:"tags,optional"`
	ARN                string             `pulumi:"arn,output"`
	ExecutionARN       string             `pulumi:"executionArn,output"`
	InvokeURL          string             `pulumi:"invokeUrl,output"`
}

// AccessLogSettings are where access logs go and the format of a line.
type AccessLogSettings struct {
	// DestinationARN is that of a log group. Firehose is not supported.
	DestinationARN string `pulumi:"destinationArn"`
	// Format is one line of text with $context variables, one of them a request id.
	Format string `pulumi:"format"`
}

var logGroupARN = regexp.MustCompile(`^arn:aws:logs:` + account.Region + `:` + account.ID + `:log-group:[^:*]+(:\*)?$`)

func checkStage(c *provider.Checker, in *StageArgs) {
	set := in.AccessLogSettings
	if set == nil {
		return
	}
	c.Match("accessLogSettings.destinationArn", &set.DestinationARN, logGroupARN, "the ARN of a log group")
	c.Parse("accessLogSettings.format", &set.Format, func(format string) error {
		_, err := parseTemplate(format, true)
		return err
	})
}

func (s *Service) stageKind() provider.Kind {
	return &provider.Object[StageArgs, stage]{
		Type:  "aws:apigateway/stage:Stage",
		Lock:  &s.mu,
		Check: checkStage,
		Find:  func(id string) (*stage, error) { return s.findStage(strings.TrimPrefix(id, "ags-")) },
		State: func(st *stage) *StageArgs {
			state := st.inputs
			path := state.RestAPI + "/" + state.StageName
			state.ARN = arn("/restapis/" + state.RestAPI + "/stages/" + state.StageName)
			state.ExecutionARN, state.InvokeURL = executionARN(path), s.BaseURL()+"/"+path
			return &state
		},
		Create: func(_ context.Context, in *StageArgs) (string, error) {
			a, err := s.api(in.RestAPI)
			if err != nil {
				return "", err
			}
			if a.stages[in.StageName] != nil {
				return "", wire.Errorf(http.StatusConflict, "ConflictException", "Stage already exists")
			}
			st := &stage{created: s.account.Clock.Now().UTC(), settings: map[string]*Settings{}}
			return "ags-" + in.RestAPI + "-" + in.StageName, s.setStage(st, in)
		},
		Update: func(_ context.Context, st *stage, in *StageArgs) error { return s.setStage(st, in) },
		Delete: func(_ context.Context, st *stage) error {
			delete(s.apis[st.inputs.RestAPI].stages, st.inputs.StageName)
			return nil
		},
	}
}

// findStage finds a stage by API-STAGE. The caller holds the lock.
func (s *Service) findStage(id string) (*stage, error) {
	apiID, name, _ := strings.Cut(id, "-")
	a, err := s.api(apiID)
	if err != nil {
		return nil, err
	}
	return a.stage(name)
}

// setStage applies the inputs to a stage and serves it. The caller holds the lock.
func (s *Service) setStage(st *stage, in *StageArgs) error {
	a, err := s.api(in.RestAPI)
	if err != nil {
		return err
	}
	if a.deployments[in.Deployment] == nil {
		return notFound("Invalid Deployment identifier specified")
	}
	if in.AccessLogSettings != nil && s.logRole.Load() == nil {
		return errNoLogRole
	}
	st.inputs, st.updated = *in, s.account.Clock.Now().UTC()
	a.stages[in.StageName] = st
	s.refresh(a, st)
	return nil
}

// MethodSettingsArgs are the inputs of aws:apigateway/methodSettings:MethodSettings.
type MethodSettingsArgs struct {
	RestAPI    string   `pulumi:"restApi,replace"`
	StageName  string   `pulumi:"stageName,replace"`
	MethodPath string   `pulumi:"methodPath,replace"` // of one method, such as order~1{id}/GET, or */* for all
	Settings   Settings `pulumi:"settings"`
}

// Settings are those of a method. Settings of one method replace those of all methods.
type Settings struct {
	// ThrottlingRateLimit is in requests per second. -1 is the account's limit, also for ThrottlingBurstLimit.
	ThrottlingRateLimit  *float64 `pulumi:"throttlingRateLimit,optional"`
	ThrottlingBurstLimit *int     `pulumi:"throttlingBurstLimit,optional"`
	// MetricsEnabled makes no difference here: there are no metrics.
	MetricsEnabled *bool `pulumi:"metricsEnabled,optional"`
}

const (
	allMethods = "*/*"
	noLimit    = -1
)

// methodSettings are the settings of a stage for one method path, which its resource owns.
type methodSettings struct {
	*stage
	path string
}

func (s *Service) methodSettingsKind() provider.Kind {
	id := func(in *MethodSettingsArgs) string { return in.RestAPI + "-" + in.StageName + "-" + in.MethodPath }
	set := func(_ context.Context, m *methodSettings, in *MethodSettingsArgs) error {
		if in == nil {
			delete(m.settings, m.path)
		} else {
			m.settings[m.path] = &in.Settings
		}
		s.refresh(s.apis[m.inputs.RestAPI], m.stage)
		return nil
	}
	return provider.Setting(id, set, provider.Object[MethodSettingsArgs, methodSettings]{
		Type: "aws:apigateway/methodSettings:MethodSettings",
		Lock: &s.mu,
		// An id is API-STAGE-PATH. Both the stage and the path may have dashes.
		Find: func(id string) (*methodSettings, error) {
			for i := range id {
				if st, err := s.findStage(id[:i]); err == nil && id[i] == '-' {
					return &methodSettings{st, id[i+1:]}, nil
				}
			}
			return nil, notFound("Invalid stage identifier specified")
		},
		State: func(m *methodSettings) *MethodSettingsArgs {
			if m.settings[m.path] == nil {
				return nil
			}
			return &MethodSettingsArgs{m.inputs.RestAPI, m.inputs.StageName, m.path, *m.settings[m.path]}
		},
	})
}
