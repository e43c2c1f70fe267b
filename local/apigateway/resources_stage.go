package apigateway

import (
	"context"
	"regexp"
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
		Find:  func(id string) (*stage, error) { return s.findStage(strings.TrimPrefix(id, "ags-")) },
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
			st := &stage{created: s.account.Clock.Now().UTC()}
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
	MethodPath string   `pulumi:"methodPath,replace"` // */*: settings of single methods are not supported
	Settings   Settings `pulumi:"settings"`
}

// Settings are those of each method of a stage.
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

func (in *MethodSettingsArgs) check(c *provider.Checker) {
	c.OneOf("methodPath", &in.MethodPath, allMethods)
	c.Range("settings.throttlingBurstLimit", in.Settings.ThrottlingBurstLimit, noLimit, accountBurst)
	if v := in.Settings.ThrottlingRateLimit; v != nil && *v != noLimit && (*v < 0 || *v > accountRate) {
		c.Failf("settings.throttlingRateLimit", "must be -1, or from 0 to %d, got %v", accountRate, *v)
	}
}

func (s *Service) methodSettingsKind() provider.Kind {
	set := func(st *stage, settings *Settings) error {
		st.settings = settings
		s.refresh(s.apis[st.inputs.RestAPI], st)
		return nil
	}
	return &provider.Object[MethodSettingsArgs, MethodSettingsArgs, stage]{
		Type:  "aws:apigateway/methodSettings:MethodSettings",
		Lock:  &s.mu,
		Check: func(c *provider.Checker, in *MethodSettingsArgs) { in.check(c) },
		Find:  func(id string) (*stage, error) { return s.findStage(strings.TrimSuffix(id, "-"+allMethods)) },
		State: func(st *stage) *MethodSettingsArgs {
			if st.settings == nil {
				return nil
			}
			return &MethodSettingsArgs{st.inputs.RestAPI, st.inputs.StageName, allMethods, *st.settings}
		},
		Create: func(_ context.Context, in *MethodSettingsArgs) (string, error) {
			id := in.RestAPI + "-" + in.StageName
			st, err := s.findStage(id)
			if err != nil {
				return "", err
			}
			return id + "-" + allMethods, set(st, &in.Settings)
		},
		Update: func(_ context.Context, st *stage, in *MethodSettingsArgs) error { return set(st, &in.Settings) },
		Delete: func(_ context.Context, st *stage) error { return set(st, nil) },
	}
}
