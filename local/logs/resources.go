package logs

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/order-patterns/order-patterns/local/provider"
	"github.com/order-patterns/order-patterns/local/wire"
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
	ARN             string            `pulumi:"arn,output"`
}

var (
	groupName = regexp.MustCompile(`^[\w.\-/#]{1,512}$`)
	// retentions are the numbers of days that CloudWatch Logs accepts.
	retentions = []int{0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}
)

func (s *Service) logGroupKind() provider.Kind {
	return &provider.Object[LogGroupArgs, group]{
		Type:     "aws:cloudwatch/logGroup:LogGroup",
		AutoName: &provider.AutoName{Property: "name", Max: 512},
		Check: func(c *provider.Checker, in *LogGroupArgs) {
			c.Match("name", in.Name, groupName, "1 to 512 letters, digits and .-_/#")
			if in.RetentionInDays != nil && !slices.Contains(retentions, *in.RetentionInDays) {
				c.Failf("retentionInDays", "must be one of %v, got %d", retentions, *in.RetentionInDays)
			}
		},
		Find: s.group,
		State: func(g *group) *LogGroupArgs {
			g.mu.Lock()
			defer g.mu.Unlock()
			state := g.inputs
			state.ARN = groupARN(g.name)
			return &state
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

// QueryDefinitionArgs are the inputs of aws:cloudwatch/queryDefinition:QueryDefinition, a saved query of Logs Insights.
type QueryDefinitionArgs struct {
	Name          string   `pulumi:"name" json:"name"`
	LogGroupNames []string `pulumi:"logGroupNames,optional" json:"logGroupNames"`
	QueryString   string   `pulumi:"queryString" json:"queryString"`
	ID            string   `pulumi:"queryDefinitionId,output" json:"queryDefinitionId"`
}

func (s *Service) queryDefinitionKind() provider.Kind {
	id := func(in *QueryDefinitionArgs) string { return in.ID }
	return provider.Kept(s.definitions, id, provider.Object[QueryDefinitionArgs, QueryDefinitionArgs]{
		Type: "aws:cloudwatch/queryDefinition:QueryDefinition",
		Lock: &s.mu,
		Create: func(_ context.Context, in *QueryDefinitionArgs) (string, error) {
			in.ID = uuid.NewString()
			s.definitions[in.ID] = in
			return in.ID, nil
		},
		Update: func(_ context.Context, d *QueryDefinitionArgs, in *QueryDefinitionArgs) error {
			in.ID = d.ID
			*d = *in
			return nil
		},
	})
}

type describeQueryDefinitionsInput struct{ QueryDefinitionNamePrefix string }

// describeQueryDefinitions returns saved queries by name, in one page.
func (s *Service) describeQueryDefinitions(_ *wire.Call, in *describeQueryDefinitionsInput) (wire.Object, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	list := []QueryDefinitionArgs{}
	for _, d := range s.definitions {
		if strings.HasPrefix(d.Name, in.QueryDefinitionNamePrefix) {
			list = append(list, *d)
		}
	}
	slices.SortFunc(list, func(a, b QueryDefinitionArgs) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	return wire.Object{"queryDefinitions": list}, nil
}
