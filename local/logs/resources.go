package logs

import (
	"context"
	"regexp"
	"slices"

	"github.com/order-patterns/order-patterns/local/provider"
)

// Kinds are the Pulumi resource types that this service realises.
func (s *Service) Kinds() []provider.Kind {
	return []provider.Kind{s.logGroupKind(), s.queryDefinitionKind()}
}

// LogGroupArgs are the inputs of aws:cloudwatch/logGroup:LogGroup.
type LogGroupArgs struct {
	Name            *string           `pulumi:"name,optional,replace"`
	RetentionInDays *int              `pulumi:"retentionInDays,optional"` // 0, the default, is unlimited
	KMSKey          *string           `pulumi:"kmsKeyId,optional"`        // an ARN
	Tags            map[string]string `pulumi:"tags,optional"`
}

type logGroupState struct {
	LogGroupArgs
	ARN string `pulumi:"arn"`
}

var (
	groupName = regexp.MustCompile(`^[\w.\-/#]{1,512}$`)
	// retentions are the numbers of days that CloudWatch Logs accepts.
	retentions = []int{0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}
)

func (s *Service) logGroupKind() provider.Kind {
	return &provider.Object[LogGroupArgs, logGroupState, group]{
		Type:     "aws:cloudwatch/logGroup:LogGroup",
		AutoName: &provider.AutoName{Property: "name", Max: 512},
		Check: func(c *provider.Checker, in *LogGroupArgs) {
			c.Match("name", in.Name, groupName, "1 to 512 letters, digits and .-_/#")
			if in.RetentionInDays != nil && !slices.Contains(retentions, *in.RetentionInDays) {
				c.Failf("retentionInDays", "must be one of %v, got %d", retentions, *in.RetentionInDays)
			}
		},
		Find: s.group,
		State: func(g *group) *logGroupState {
			g.mu.Lock()
			defer g.mu.Unlock()
			return &logGroupState{LogGroupArgs: g.inputs, ARN: groupARN(g.name)}
		},
		Create: func(ctx context.Context, in *LogGroupArgs) (string, error) {
			if err := s.checkKey(ctx, in, *in.Name); err != nil {
				return "", err
			}
			if !s.add(in) {
				return "", refuse("ResourceAlreadyExistsException", "The specified log group already exists")
			}
			return *in.Name, nil
		},
		Update: func(ctx context.Context, g *group, in *LogGroupArgs) error {
			if err := s.checkKey(ctx, in, g.name); err != nil {
				return err
			}
			g.mu.Lock()
			defer g.mu.Unlock()
			g.inputs = *in
			return nil
		},
		Delete: func(_ context.Context, g *group) error {
			s.mu.Lock()
			defer s.mu.Unlock()
			delete(s.groups, g.name)
			return nil
		},
	}
}

// retention is the number of days; nil if it is unlimited.
func (in *LogGroupArgs) retention() *int {
	if in.RetentionInDays == nil || *in.RetentionInDays == 0 {
		return nil
	}
	return in.RetentionInDays
}
