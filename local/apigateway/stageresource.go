package apigateway

import (
	"context"
	"maps"
	"net/http"
	"regexp"
	"slices"
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
	Description        *string            `pulumi:"description,optional"`
	Variables          map[string]string  `pulumi:"variables,optional"`
	XRayTracingEnabled *bool              `pulumi:"xrayTracingEnabled,optional"`
	AccessLogSettings  *AccessLogSettings `pulumi:"accessLogSettings,optional"`
	Tags               map[string]string  `pulumi:"tags,optional"`
}

// AccessLogSettings tell where access logs go and what a line has.
type AccessLogSettings struct {
	// DestinationARN is that of a log group. Firehose is not supported.
	DestinationARN string `pulumi:"destinationArn"`
	// Format is one line of text with $context variables, among them a request id.
	Format string `pulumi:"format"`
}

type stageState struct {
	StageArgs
	ARN          string            `pulumi:"arn"`
	ExecutionARN string            `pulumi:"executionArn"`
	InvokeURL    string            `pulumi:"invokeUrl"`
	TagsAll      map[string]string `pulumi:"tagsAll"`
}

func (s *Service) stageState(in *StageArgs) *stageState {
	return &stageState{
		StageArgs: *in, ARN: arn("/restapis/" + in.RestAPI + "/stages/" + in.StageName),
		ExecutionARN: executionARN(in.RestAPI + "/" + in.StageName), InvokeURL: s.invokeURL(in.RestAPI, in.StageName), TagsAll: in.Tags,
	}
}

var (
	stageName     = regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`)
	variableName  = regexp.MustCompile(`^[A-Za-z0-9_]+$`)
	variableValue = regexp.MustCompile(`^[A-Za-z0-9\-._~:/?#&=,]+$`)
	logGroupARN   = regexp.MustCompile(`^arn:aws:logs:` + account.Region + `:` + account.ID + `:log-group:[^:*]+(:\*)?$`)
)

func (in *StageArgs) check(c *provider.Checker) {
	if !c.Unknown("stageName") && !stageName.MatchString(in.StageName) {
		c.Failf("stageName", "must be 1 to 128 of a-zA-Z0-9_-, got %q", in.StageName)
	}
	for _, name := range slices.Sorted(maps.Keys(in.Variables)) {
		if !variableName.MatchString(name) || !variableValue.MatchString(in.Variables[name]) {
			c.Failf("variables", "%s must be letters, digits and _, and its value of A-Za-z0-9-._~:/?#&=,", name)
		}
	}
	set := in.AccessLogSettings
	if set == nil {
		return
	}
	const arnAt, formatAt = "accessLogSettings.destinationArn", "accessLogSettings.format"
	if !c.Unknown(arnAt) && !logGroupARN.MatchString(set.DestinationARN) {
		c.Failf(arnAt, "must be the ARN of a log group, got %q", set.DestinationARN)
	}
	if c.Unknown(formatAt) {
		return
	}
	if strings.Contains(strings.TrimSuffix(set.Format, "\n"), "\n") {
		c.Failf(formatAt, "must be single line, new line character is allowed only at end of the format")
	}
	if !strings.Contains(set.Format, "$context.requestId") && !strings.Contains(set.Format, "$context.extendedRequestId") {
		c.Failf(formatAt, "must contain $context.requestId or $context.extendedRequestId")
	}
	if _, err := parseTemplate(set.Format, true); err != nil {
		c.Failf(formatAt, "%v", err)
	}
}

// setStage checks what only the whole account can tell, and puts the stage in service. The caller holds the lock.
func (s *Service) setStage(a *restAPI, st *stage, in *StageArgs) error {
	if _, err := a.deployment(in.Deployment); err != nil {
		return err
	}
	if in.AccessLogSettings != nil && s.logRole.Load() == nil {
		return errNoLogRole
	}
	st.inputs, st.updated = *in, s.account.Clock.Now().UTC()
	a.stages[in.StageName] = st
	s.refresh(a, st)
	return nil
}

// stageID is "ags-API-STAGE".
func stageID(in *StageArgs) string { return "ags-" + in.RestAPI + "-" + in.StageName }

// findStage finds the stage of a Pulumi id. The caller holds the lock.
func (s *Service) findStage(id string) (*restAPI, *stage, error) {
	apiID, name, _ := strings.Cut(strings.TrimPrefix(id, "ags-"), "-")
	a, err := s.api(apiID)
	if err != nil {
		return nil, nil, err
	}
	st, err := a.stage(name)
	return a, st, err
}

func (s *Service) stageKind() provider.Kind {
	return &provider.Resource[StageArgs, stageState]{
		Type:  "aws:apigateway/stage:Stage",
		Check: func(c *provider.Checker, in *StageArgs) { in.check(c) },
		Create: func(_ context.Context, in *StageArgs) (string, *stageState, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			a, err := s.api(in.RestAPI)
			if err != nil {
				return "", nil, err
			}
			if a.stages[in.StageName] != nil {
				return "", nil, wire.Errorf(http.StatusConflict, "ConflictException", "Stage already exists")
			}
			st := &stage{created: s.account.Clock.Now().UTC(), settings: map[string]Settings{}}
			if err := s.setStage(a, st, in); err != nil {
				return "", nil, err
			}
			return stageID(in), s.stageState(in), nil
		},
		Read: func(_ context.Context, id string) (*stageState, error) {
			s.mu.RLock()
			defer s.mu.RUnlock()
			if _, st, err := s.findStage(id); err == nil {
				return s.stageState(&st.inputs), nil
			}
			return nil, nil
		},
		Update: func(_ context.Context, id string, in *StageArgs) (*stageState, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			a, st, err := s.findStage(id)
			if err != nil {
				return nil, err
			}
			if err := s.setStage(a, st, in); err != nil {
				return nil, err
			}
			return s.stageState(in), nil
		},
		Delete: func(_ context.Context, id string) error {
			s.mu.Lock()
			defer s.mu.Unlock()
			if a, st, err := s.findStage(id); err == nil {
				st.live.log.close()
				delete(a.stages, st.inputs.StageName)
			}
			return nil
		},
	}
}

// MethodSettingsArgs are the inputs of aws:apigateway/methodSettings:MethodSettings.
type MethodSettingsArgs struct {
	RestAPI   string `pulumi:"restApi,replace"`
	StageName string `pulumi:"stageName,replace"`
	// MethodPath is PATH/METHOD without the leading slash, or */* for all methods.
	MethodPath string   `pulumi:"methodPath,replace"`
	Settings   Settings `pulumi:"settings"`
}

// Settings are those of one method of a stage, or of all. Caching is not supported.
type Settings struct {
	// ThrottlingRateLimit is in requests per second; -1 leaves it to the account, like ThrottlingBurstLimit.
	ThrottlingRateLimit  *float64 `pulumi:"throttlingRateLimit,optional"`
	ThrottlingBurstLimit *int     `pulumi:"throttlingBurstLimit,optional"`
	LoggingLevel         *string  `pulumi:"loggingLevel,optional"`
	MetricsEnabled       *bool    `pulumi:"metricsEnabled,optional"`
	DataTraceEnabled     *bool    `pulumi:"dataTraceEnabled,optional"`
}

func (in *MethodSettingsArgs) check(c *provider.Checker) {
	set := &in.Settings
	c.OneOf("settings.loggingLevel", set.LoggingLevel, "OFF", "ERROR", "INFO")
	c.Range("settings.throttlingBurstLimit", set.ThrottlingBurstLimit, noLimit, accountBurst)
	if v := set.ThrottlingRateLimit; v != nil && *v != noLimit && (*v < 0 || *v > accountRate) {
		c.Failf("settings.throttlingRateLimit", "must be -1, or from 0 to %d, got %v", accountRate, *v)
	}
	if set.DataTraceEnabled != nil && *set.DataTraceEnabled {
		c.Failf("settings.dataTraceEnabled", "is not supported by the embedded cloud")
	}
}

// methodKey is the method path as the stage keeps it: in place of ~1 a slash, and none at the beginning.
func methodKey(path string) string {
	return strings.TrimPrefix(strings.ReplaceAll(path, "~1", "/"), "/")
}

func (s *Service) methodSettingsKind() provider.Kind {
	// A Pulumi id cannot be taken apart, because paths may have hyphens: so settings are found by theirs.
	id := func(in *MethodSettingsArgs) string { return in.RestAPI + "-" + in.StageName + "-" + in.MethodPath }
	set := func(in *MethodSettingsArgs) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		a, err := s.api(in.RestAPI)
		if err != nil {
			return err
		}
		st, err := a.stage(in.StageName)
		if err != nil {
			return err
		}
		key := methodKey(in.MethodPath)
		if keys := st.live.methodKeys(); !slices.Contains(keys, key) {
			return badRequest("Invalid method setting path: %s. Must be one of: %q", in.MethodPath, keys)
		}
		if level := in.Settings.LoggingLevel; level != nil && *level != "OFF" && s.logRole.Load() == nil {
			return errNoLogRole
		}
		st.settings[key] = in.Settings
		s.refresh(a, st)
		return nil
	}
	find := func(id string) (*restAPI, *stage, string) {
		apiID, rest, _ := strings.Cut(id, "-")
		a := s.apis[apiID]
		if a == nil {
			return nil, nil, ""
		}
		for name, st := range a.stages {
			if path, ok := strings.CutPrefix(rest, name+"-"); ok && has(st.settings, methodKey(path)) {
				return a, st, path
			}
		}
		return nil, nil, ""
	}
	return &provider.Resource[MethodSettingsArgs, MethodSettingsArgs]{
		Type:  "aws:apigateway/methodSettings:MethodSettings",
		Check: func(c *provider.Checker, in *MethodSettingsArgs) { in.check(c) },
		Create: func(_ context.Context, in *MethodSettingsArgs) (string, *MethodSettingsArgs, error) {
			return id(in), in, set(in)
		},
		Read: func(_ context.Context, id string) (*MethodSettingsArgs, error) {
			s.mu.RLock()
			defer s.mu.RUnlock()
			a, st, path := find(id)
			if st == nil {
				return nil, nil
			}
			return &MethodSettingsArgs{RestAPI: a.id, StageName: st.inputs.StageName, MethodPath: path, Settings: st.settings[methodKey(path)]}, nil
		},
		Update: func(_ context.Context, _ string, in *MethodSettingsArgs) (*MethodSettingsArgs, error) {
			return in, set(in)
		},
		Delete: func(_ context.Context, id string) error {
			s.mu.Lock()
			defer s.mu.Unlock()
			if a, st, path := find(id); st != nil {
				delete(st.settings, methodKey(path))
				s.refresh(a, st)
			}
			return nil
		},
	}
}
