package logs

import (
	"context"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/order-patterns/order-patterns/local/provider"
	"github.com/order-patterns/order-patterns/local/wire"
)

// Kinds are the Pulumi resource types that this service realises.
func (s *Service) Kinds() []provider.Kind { return []provider.Kind{s.logGroupKind()} }

// LogGroupArgs are the inputs of aws:cloudwatch/logGroup:LogGroup.
type LogGroupArgs struct {
	Name            *string           `pulumi:"name,optional,replace"`
	RetentionInDays *int              `pulumi:"retentionInDays,optional"`
	KMSKeyID        *string           `pulumi:"kmsKeyId,optional"`
	LogGroupClass   *string           `pulumi:"logGroupClass,optional,replace"`
	SkipDestroy     *bool             `pulumi:"skipDestroy,optional"`
	Tags            map[string]string `pulumi:"tags,optional"`
}

type logGroupState struct {
	LogGroupArgs
	ARN string `pulumi:"arn"`
}

var (
	groupName = regexp.MustCompile(`^[\w.\-/#]+$`)
	// retentions are the numbers of days that CloudWatch Logs knows; 0 is for ever.
	retentions = []int{0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}
)

// retention is the retention as CloudWatch Logs tells it: absent for ever.
func (a *LogGroupArgs) retention() *int {
	if a.RetentionInDays == nil || *a.RetentionInDays == 0 {
		return nil
	}
	return a.RetentionInDays
}

func (s *Service) logGroupKind() provider.Kind {
	state := func(in LogGroupArgs) *logGroupState { return &logGroupState{LogGroupArgs: in, ARN: groupARN(*in.Name)} }
	return &provider.Resource[LogGroupArgs, logGroupState]{
		Type:     "aws:cloudwatch/logGroup:LogGroup",
		AutoName: &provider.AutoName{Property: "name", Max: 512},
		Check: func(c *provider.Checker, in *LogGroupArgs) {
			if in.Name != nil && (len(*in.Name) > 512 || !groupName.MatchString(*in.Name)) {
				c.Failf("name", "must be 1 to 512 letters, digits and .-_/#, got %q", *in.Name)
			}
			if in.RetentionInDays != nil && !slices.Contains(retentions, *in.RetentionInDays) {
				c.Failf("retentionInDays", "must be one of %v, got %d", retentions, *in.RetentionInDays)
			}
			if in.KMSKeyID != nil && !strings.HasPrefix(*in.KMSKeyID, "arn:aws:kms:") {
				c.Failf("kmsKeyId", "must be the ARN of a key, got %q", *in.KMSKeyID)
			}
			// Other classes cannot be read with FilterLogEvents, or at all.
			c.OneOf("logGroupClass", in.LogGroupClass, "STANDARD")
		},
		Create: func(_ context.Context, in *LogGroupArgs) (string, *logGroupState, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			if s.groups[*in.Name] != nil {
				return "", nil, wire.Errorf(http.StatusBadRequest, "ResourceAlreadyExistsException", "The specified log group already exists")
			}
			s.groups[*in.Name] = &group{name: *in.Name, created: s.now(), inputs: *in, streams: map[string]*stream{}}
			return *in.Name, state(*in), nil
		},
		Read: func(_ context.Context, id string) (*logGroupState, error) {
			g := s.group(id)
			if g == nil {
				return nil, nil
			}
			g.mu.Lock()
			defer g.mu.Unlock()
			return state(g.inputs), nil
		},
		Update: func(_ context.Context, id string, in *LogGroupArgs) (*logGroupState, error) {
			g := s.group(id)
			if g == nil {
				return nil, errNoGroup
			}
			g.mu.Lock()
			defer g.mu.Unlock()
			g.inputs = *in
			return state(*in), nil
		},
		Delete: func(_ context.Context, id string) error {
			s.mu.Lock()
			defer s.mu.Unlock()
			if g := s.groups[id]; g != nil && (g.inputs.SkipDestroy == nil || !*g.inputs.SkipDestroy) {
				delete(s.groups, id)
			}
			return nil
		},
	}
}
