package logs

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/order-patterns/order-patterns/local/provider"
	"github.com/order-patterns/order-patterns/local/wire"
)

// QueryDefinitionArgs are the inputs of aws:cloudwatch/queryDefinition:QueryDefinition, a saved query of Logs Insights.
type QueryDefinitionArgs struct {
	Name          string   `pulumi:"name" json:"name"`
	LogGroupNames []string `pulumi:"logGroupNames,optional" json:"logGroupNames"`
	QueryString   string   `pulumi:"queryString" json:"queryString"`
}

type queryDefinition struct {
	QueryDefinitionArgs
	ID string `pulumi:"queryDefinitionId" json:"queryDefinitionId"`
}

func (s *Service) queryDefinitionKind() provider.Kind {
	return &provider.Object[QueryDefinitionArgs, queryDefinition, queryDefinition]{
		Type: "aws:cloudwatch/queryDefinition:QueryDefinition",
		Lock: &s.mu,
		Find: func(id string) (*queryDefinition, error) {
			if d := s.definitions[id]; d != nil {
				return d, nil
			}
			return nil, refuse("ResourceNotFoundException", "There is no query definition %s.", id)
		},
		State: func(d *queryDefinition) *queryDefinition { return d },
		Create: func(_ context.Context, in *QueryDefinitionArgs) (string, error) {
			id := uuid.NewString()
			s.definitions[id] = &queryDefinition{*in, id}
			return id, nil
		},
		Update: func(_ context.Context, d *queryDefinition, in *QueryDefinitionArgs) error {
			d.QueryDefinitionArgs = *in
			return nil
		},
		Delete: func(_ context.Context, d *queryDefinition) error {
			delete(s.definitions, d.ID)
			return nil
		},
	}
}

type describeQueryDefinitionsInput struct{ QueryDefinitionNamePrefix string }

type describeQueryDefinitionsOutput struct {
	Definitions []queryDefinition `json:"queryDefinitions"`
}

// describeQueryDefinitions returns saved queries by name, in one page.
func (s *Service) describeQueryDefinitions(c *wire.Call, in *describeQueryDefinitionsInput) (*describeQueryDefinitionsOutput, error) {
	if err := c.Authorize("logs:DescribeQueryDefinitions", "*"); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := &describeQueryDefinitionsOutput{Definitions: []queryDefinition{}}
	for _, d := range s.definitions {
		if strings.HasPrefix(d.Name, in.QueryDefinitionNamePrefix) {
			out.Definitions = append(out.Definitions, *d)
		}
	}
	slices.SortFunc(out.Definitions, func(a, b queryDefinition) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	return out, nil
}
