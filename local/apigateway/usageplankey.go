package apigateway

import (
	"context"
	"strings"

	"github.com/order-patterns/order-patterns/local/provider"
)

// UsagePlanKeyArgs are the inputs of aws:apigateway/usagePlanKey:UsagePlanKey, which puts an API key into a usage plan.
type UsagePlanKeyArgs struct {
	KeyID       string `pulumi:"keyId,replace"`
	KeyType     string `pulumi:"keyType,replace"` // API_KEY
	UsagePlanID string `pulumi:"usagePlanId,replace"`
}

type usagePlanKeyState struct {
	UsagePlanKeyArgs
	Name  string `pulumi:"name"`
	Value string `pulumi:"value"`
}

const apiKeyType = "API_KEY"

func (p *usagePlan) keyState(k *apiKey) *usagePlanKeyState {
	return &usagePlanKeyState{
		UsagePlanKeyArgs: UsagePlanKeyArgs{KeyID: k.id, KeyType: apiKeyType, UsagePlanID: p.id}, Name: *k.inputs.Name, Value: k.value,
	}
}

// addKey puts a key into a plan.
func (s *Service) addKey(in *UsagePlanKeyArgs) (*usagePlanKeyState, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.plan(in.UsagePlanID)
	if err != nil {
		return nil, err
	}
	k, err := s.key(in.KeyID)
	if err != nil {
		return nil, err
	}
	if p.keys[k.id] != nil {
		return nil, conflict("API Key %s is in Usage Plan %s already", k.id, p.id)
	}
	if len(k.plans) == maxPlansPerKey {
		return nil, limitExceeded("Maximum number of usage plans for the API Key %s has been reached", k.id)
	}
	if err := k.fits(p, p.inputs.APIStages); err != nil {
		return nil, err
	}
	p.join(k)
	return p.keyState(k), nil
}

func (s *Service) usagePlanKeyKind() provider.Kind {
	// The AWS provider's id is that of the key, which several plans may have: here it is what that provider imports by,
	// PLAN/KEY.
	find := func(id string) (*usagePlan, *apiKey) {
		planID, keyID, _ := strings.Cut(id, "/")
		if p := s.plans[planID]; p != nil {
			return p, p.keys[keyID]
		}
		return nil, nil
	}
	return &provider.Resource[UsagePlanKeyArgs, usagePlanKeyState]{
		Type: "aws:apigateway/usagePlanKey:UsagePlanKey",
		Check: func(c *provider.Checker, in *UsagePlanKeyArgs) {
			if !c.Unknown("keyType") {
				c.OneOf("keyType", &in.KeyType, apiKeyType)
			}
		},
		Create: func(_ context.Context, in *UsagePlanKeyArgs) (string, *usagePlanKeyState, error) {
			state, err := s.addKey(in)
			return in.UsagePlanID + "/" + in.KeyID, state, err
		},
		Read: func(_ context.Context, id string) (*usagePlanKeyState, error) {
			s.mu.RLock()
			defer s.mu.RUnlock()
			if p, k := find(id); k != nil {
				return p.keyState(k), nil
			}
			return nil, nil
		},
		Delete: func(_ context.Context, id string) error {
			s.mu.Lock()
			defer s.mu.Unlock()
			if p, k := find(id); k != nil {
				p.leave(k)
			}
			return nil
		},
	}
}
