package apigateway

import (
	"context"
	"slices"
	"strings"

	"github.com/order-patterns/order-patterns/local/provider"
)

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
		if key != allMethods && !slices.ContainsFunc(st.live.definition.methods, func(m *method) bool { return m.key() == key }) {
			return badRequest("Invalid method setting path: %s. There is no such method", in.MethodPath)
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
