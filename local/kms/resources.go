package kms

import (
	"cmp"
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/uuid"

	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/provider"
)

// Kinds are the Pulumi resource types that this service implements.
func (s *Service) Kinds() []provider.Kind {
	return []provider.Kind{s.keyKind()}
}

// KeyArgs are the inputs of aws:kms/key:Key. Rotation is recorded.
type KeyArgs struct {
	Description    *string           `pulumi:"description,optional"`
	DeletionWindow *int              `pulumi:"deletionWindowInDays,optional"` // 30 if absent
	Rotation       *bool             `pulumi:"enableKeyRotation,optional"`
	Policy         *string           `pulumi:"policy,optional"`
	Tags           map[string]string `pulumi:"tags,optional"`
	ARN            string            `pulumi:"arn,output"`
	KeyID          string            `pulumi:"keyId,output"`
}

// find returns a key that is not pending deletion. The caller holds the lock.
func (s *Service) find(id string) (*key, error) {
	k, err := s.lookUp(id)
	if err == nil && k.pending() {
		err = notFound("Key '%s' is pending deletion", id)
	}
	return k, err
}

func (s *Service) keyKind() provider.Kind {
	return &provider.Object[KeyArgs, key]{
		Type: "aws:kms/key:Key",
		Check: func(c *provider.Checker, in *KeyArgs) {
			c.Range("deletionWindowInDays", in.DeletionWindow, 7, 30)
			c.Parse("policy", in.Policy, policy.Check(policy.Resource))
		},
		Lock: &s.mu,
		Find: s.find,
		State: func(k *key) *KeyArgs {
			state := k.args
			state.Policy, state.ARN, state.KeyID = &k.policyText, k.arn(), k.id
			return &state
		},
		Create: func(_ context.Context, in *KeyArgs) (string, error) {
			k := &key{id: uuid.NewString(), created: s.account.Clock.Now(), args: *in}
			if err := k.setPolicy(cmp.Or(aws.ToString(in.Policy), defaultPolicy)); err != nil {
				return "", err
			}
			s.keys[k.id] = k
			return k.id, nil
		},
		Update: func(_ context.Context, k *key, in *KeyArgs) error {
			if in.Policy != nil {
				if err := k.setPolicy(*in.Policy); err != nil {
					return err
				}
			}
			k.args = *in
			return nil
		},
		// A key is deleted after a waiting period, in which it cannot be used:
		// https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html
		Delete: func(_ context.Context, k *key) error {
			days := cmp.Or(aws.ToInt(k.args.DeletionWindow), 30)
			k.deleteAt = s.account.Clock.Now().Add(time.Duration(days) * 24 * time.Hour)
			return nil
		},
	}
}
