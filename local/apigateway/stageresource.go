package apigateway

import (
	"context"
	"maps"
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
				return "", nil, conflict("Stage already exists")
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
				s.forget(func(p PlanStage) bool { return p.APIID == a.id && p.Stage == st.inputs.StageName })
			}
			return nil
		},
	}
}
