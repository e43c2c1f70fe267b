package apigateway

import (
	"context"
	"regexp"
	"time"

	"github.com/order-patterns/order-patterns/local/provider"
)

// Limits of the account: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
const (
	maxKeys        = 10_000
	maxPlans       = 300
	maxPlansPerKey = 10
)

// apiKey names a client by a value that it sends in the header x-api-key.
type apiKey struct {
	id      string
	inputs  APIKeyArgs
	value   string
	created time.Time
	updated time.Time
	plans   map[string]*usagePlan // that it belongs to, by id
}

func (k *apiKey) enabled() bool { return k.inputs.Enabled == nil || *k.inputs.Enabled }

// APIKeyArgs are the inputs of aws:apigateway/apiKey:ApiKey. Identifiers of customers of the AWS Marketplace are not
// supported.
type APIKeyArgs struct {
	Name        *string `pulumi:"name,optional,replace"`
	Description *string `pulumi:"description,optional"`
	// Enabled is true unless it says otherwise.
	Enabled *bool `pulumi:"enabled,optional"`
	// Value has 20 to 128 letters and digits, and no other key has it. Without it one is made.
	Value *string           `pulumi:"value,optional,replace"`
	Tags  map[string]string `pulumi:"tags,optional"`
}

// apiKeyState has the value, which the SDK of the AWS provider marks as a secret.
type apiKeyState struct {
	APIKeyArgs
	ARN             string            `pulumi:"arn"`
	CreatedDate     string            `pulumi:"createdDate"`
	LastUpdatedDate string            `pulumi:"lastUpdatedDate"`
	TagsAll         map[string]string `pulumi:"tagsAll"`
}

func (k *apiKey) state() *apiKeyState {
	state := &apiKeyState{
		APIKeyArgs: k.inputs, ARN: arn("/apikeys/" + k.id), CreatedDate: k.created.Format(time.RFC3339),
		LastUpdatedDate: k.updated.Format(time.RFC3339), TagsAll: k.inputs.Tags,
	}
	enabled := k.enabled()
	state.Enabled, state.Value = &enabled, &k.value
	return state
}

var keyValue = regexp.MustCompile(`^[A-Za-z0-9]{20,128}$`)

func (in *APIKeyArgs) check(c *provider.Checker) {
	if in.Name != nil && (len(*in.Name) == 0 || len(*in.Name) > 1024) {
		c.Failf("name", "must have 1 to 1024 characters, got %d", len(*in.Name))
	}
	if in.Value != nil && !keyValue.MatchString(*in.Value) {
		c.Failf("value", "must be 20 to 128 letters and digits") // what it is stays a secret
	}
}

// key returns an API key or the error that AWS gives. The caller holds the lock.
func (s *Service) key(id string) (*apiKey, error) {
	if k := s.keys[id]; k != nil {
		return k, nil
	}
	return nil, notFound("Invalid API Key identifier specified")
}

func (s *Service) apiKeyKind() provider.Kind {
	return &provider.Resource[APIKeyArgs, apiKeyState]{
		Type:     "aws:apigateway/apiKey:ApiKey",
		AutoName: &provider.AutoName{Property: "name", Max: 255},
		Check:    func(c *provider.Checker, in *APIKeyArgs) { in.check(c) },
		Create: func(_ context.Context, in *APIKeyArgs) (string, *apiKeyState, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			now := s.account.Clock.Now().UTC()
			k := &apiKey{id: newID(10), inputs: *in, value: newID(40), created: now, updated: now, plans: map[string]*usagePlan{}}
			if in.Value != nil {
				k.value = *in.Value
			}
			if s.keyValues[k.value] != nil {
				return "", nil, conflict("API Key already exists")
			}
			if len(s.keys) == maxKeys {
				return "", nil, limitExceeded("Maximum number of API keys for this account has been reached")
			}
			s.keys[k.id], s.keyValues[k.value] = k, k
			return k.id, k.state(), nil
		},
		Read: func(_ context.Context, id string) (*apiKeyState, error) {
			s.mu.RLock()
			defer s.mu.RUnlock()
			if k := s.keys[id]; k != nil {
				return k.state(), nil
			}
			return nil, nil
		},
		Update: func(_ context.Context, id string, in *APIKeyArgs) (*apiKeyState, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			k, err := s.key(id)
			if err != nil {
				return nil, err
			}
			k.inputs, k.updated = *in, s.account.Clock.Now().UTC()
			return k.state(), nil
		},
		Delete: func(_ context.Context, id string) error {
			s.mu.Lock()
			defer s.mu.Unlock()
			if k := s.keys[id]; k != nil {
				for _, p := range k.plans {
					p.leave(k)
				}
				delete(s.keyValues, k.value)
				delete(s.keys, id)
			}
			return nil
		},
	}
}
