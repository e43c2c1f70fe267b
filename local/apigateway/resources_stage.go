package apigateway

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/provider"
)

// StageArgs are the inputs of aws:apigateway/stage:Stage.
type StageArgs struct {
	RestAPI            string             `pulumi:"restApi,replace"`
	StageName          string             `pulumi:"stageName,replace"`
	Deployment         string             `pulumi:"deployment"`
	XRayTracingEnabled *bool              `pulumi:"xrayTracingEnabled,optional"`
	AccessLogSettings  *AccessLogSettings `pulumi:"accessLogSettings,optional"`
	Tags               map[string]string  `pulumi:"tags,optional"`
}

// AccessLogSettings are where access logs go and the format of a line.
type AccessLogSettings struct {
	// DestinationARN is that of a log group. Firehose is not supported.
	DestinationARN string `pulumi:"destinationArn"`
	// Format is one line of text with $context variables, one of them a request id.
	Format string `pulumi:"format"`
}

type stageState struct {
	StageArgs
	ARN          string            `pulumi:"arn"`
	ExecutionARN string            `pulumi:"executionArn"`
	InvokeURL    string            `pulumi:"invokeUrl"`
	TagsAll      map[string]string `pulumi:"tagsAll"`
}

var (
	stageName   = regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`)
	logGroupARN = regexp.MustCompile(`^arn:aws:logs:` + account.Region + `:` + account.ID + `:log-group:[^:*]+(:\*)?$`)
)

func (in *StageArgs) check(c *provider.Checker) {
	c.Match("stageName", &in.StageName, stageName, "1 to 128 of a-zA-Z0-9_-")
	set := in.AccessLogSettings
	if set == nil {
		return
	}
	c.Match("accessLogSettings.destinationArn", &set.DestinationARN, logGroupARN, "the ARN of a log group")
	const format = "accessLogSettings.format"
	if c.Unknown(format) {
		return
	}
	if strings.Contains(strings.TrimSuffix(set.Format, "\n"), "\n") {
		c.Failf(format, "must be one line; a line break is allowed only at its end")
	}
	if !strings.Contains(set.Format, "$context.requestId") && !strings.Contains(set.Format, "$context.extendedRequestId") {
		c.Failf(format, "must contain $context.requestId or $context.extendedRequestId")
	}
	if _, err := parseTemplate(set.Format, true); err != nil {
		c.Failf(format, "%v", err)
	}
}

func (s *Service) stageKind() provider.Kind {
	return &provider.Object[StageArgs, stageState, stage]{
		Type:  "aws:apigateway/stage:Stage",
		Lock:  &s.mu,
		Check: func(c *provider.Checker, in *StageArgs) { in.check(c) },
		Find: func(id string) (*stage, error) { // "ags-API-STAGE"
			apiID, name, _ := strings.Cut(strings.TrimPrefix(id, "ags-"), "-")
			a, err := s.api(apiID)
			if err != nil {
				return nil, err
			}
			return a.stage(name)
		},
		State: func(st *stage) *stageState {
			path := st.inputs.RestAPI + "/" + st.inputs.StageName
			return &stageState{
				StageArgs: st.inputs, ARN: arn("/restapis/" + st.inputs.RestAPI + "/stages/" + st.inputs.StageName),
				ExecutionARN: executionARN(path), InvokeURL: s.BaseURL() + "/" + path, TagsAll: st.inputs.Tags,
			}
		},
		Create: func(_ context.Context, in *StageArgs) (string, error) {
			a, err := s.api(in.RestAPI)
			if err != nil {
				return "", err
			}
			if a.stages[in.StageName] != nil {
				return "", conflict("Stage already exists")
			}
			st := &stage{created: s.account.Clock.Now().UTC(), settings: map[string]Settings{}}
			return "ags-" + in.RestAPI + "-" + in.StageName, s.setStage(st, in)
		},
		Update: func(_ context.Context, st *stage, in *StageArgs) error { return s.setStage(st, in) },
		Delete: func(_ context.Context, st *stage) error {
			st.live.log.close()
			delete(s.apis[st.inputs.RestAPI].stages, st.inputs.StageName)
			s.forget(func(p PlanStage) bool { return p == PlanStage{st.inputs.RestAPI, st.inputs.StageName} })
			return nil
		},
	}
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
	RestAPI   string `pulumi:"restApi,replace"`
	StageName string `pulumi:"stageName,replace"`
	// MethodPath is PATH/METHOD without the leading slash, or */* for all methods.
	MethodPath string   `pulumi:"methodPath,replace"`
	Settings   Settings `pulumi:"settings"`
}

// Settings are those of one method of a stage, or of all.
type Settings struct {
	// ThrottlingRateLimit is in requests per second. -1 is the account's limit, also for ThrottlingBurstLimit.
	ThrottlingRateLimit  *float64 `pulumi:"throttlingRateLimit,optional"`
	ThrottlingBurstLimit *int     `pulumi:"throttlingBurstLimit,optional"`
	// MetricsEnabled makes no difference here: there are no metrics.
	MetricsEnabled *bool `pulumi:"metricsEnabled,optional"`
}

func (in *MethodSettingsArgs) check(c *provider.Checker) {
	c.Range("settings.throttlingBurstLimit", in.Settings.ThrottlingBurstLimit, noLimit, accountBurst)
	if v := in.Settings.ThrottlingRateLimit; v != nil && *v != noLimit && (*v < 0 || *v > accountRate) {
		c.Failf("settings.throttlingRateLimit", "must be -1, or from 0 to %d, got %v", accountRate, *v)
	}
}

// methodKey is the key of a method path in a stage's settings. ~1 stands for a slash.
func methodKey(path string) string {
	return strings.TrimPrefix(strings.ReplaceAll(path, "~1", "/"), "/")
}

// methodSettings are settings and the stage that they belong to.
type methodSettings struct {
	stage *stage
	path  string
}

func (s *Service) methodSettingsKind() provider.Kind {
	set := func(st *stage, path string, settings Settings) error {
		key := methodKey(path)
		if key != allMethods && !slices.ContainsFunc(st.live.definition.methods, func(m *method) bool { return m.key() == key }) {
			return badRequest("Invalid method setting path: %s. There is no such method", path)
		}
		st.settings[key] = settings
		s.refresh(s.apis[st.inputs.RestAPI], st)
		return nil
	}
	return &provider.Object[MethodSettingsArgs, MethodSettingsArgs, methodSettings]{
		Type:  "aws:apigateway/methodSettings:MethodSettings",
		Lock:  &s.mu,
		Check: func(c *provider.Checker, in *MethodSettingsArgs) { in.check(c) },
		// An id is API-STAGE-PATH. Stages and paths can have hyphens.
		Find: func(id string) (*methodSettings, error) {
			apiID, rest, _ := strings.Cut(id, "-")
			a, err := s.api(apiID)
			if err != nil {
				return nil, err
			}
			for name, st := range a.stages {
				path, ok := strings.CutPrefix(rest, name+"-")
				if _, known := st.settings[methodKey(path)]; ok && known {
					return &methodSettings{st, path}, nil
				}
			}
			return nil, notFound("Invalid method settings identifier specified")
		},
		State: func(m *methodSettings) *MethodSettingsArgs {
			in := m.stage.inputs
			return &MethodSettingsArgs{in.RestAPI, in.StageName, m.path, m.stage.settings[methodKey(m.path)]}
		},
		Create: func(_ context.Context, in *MethodSettingsArgs) (string, error) {
			a, err := s.api(in.RestAPI)
			if err != nil {
				return "", err
			}
			st, err := a.stage(in.StageName)
			if err != nil {
				return "", err
			}
			return in.RestAPI + "-" + in.StageName + "-" + in.MethodPath, set(st, in.MethodPath, in.Settings)
		},
		Update: func(_ context.Context, m *methodSettings, in *MethodSettingsArgs) error {
			return set(m.stage, m.path, in.Settings)
		},
		Delete: func(_ context.Context, m *methodSettings) error {
			delete(m.stage.settings, methodKey(m.path))
			s.refresh(s.apis[m.stage.inputs.RestAPI], m.stage)
			return nil
		},
	}
}
