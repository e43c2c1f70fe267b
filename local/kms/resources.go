package kms

import (
	"cmp"
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/uuid"

	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/provider"
)

// KeyArgs are the inputs of aws:kms/key:Key. Rotation and the deletion window are recorded.
type KeyArgs struct {
	Description    *string           `pulumi:"description,optional"`
	DeletionWindow *int              `pulumi:"deletionWindowInDays,optional"` // 30 if absent
	Rotation       *bool             `pulumi:"enableKeyRotation,optional"`
	Policy         *string           `pulumi:"policy,optional"`
	Tags           map[string]string `pulumi:"tags,optional"`
	ARN            string            `pulumi:"arn,output"`
	KeyID          string            `pulumi:"keyId,output"`
}

// Kinds are the Pulumi resource types that this service implements.
func (s *Service) Kinds() []provider.Kind {
	return []provider.Kind{&provider.Object[KeyArgs, key]{
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
		Delete: func(_ context.Context, k *key) error {
			delete(s.keys, k.id)
			return nil
		},
	}}
}
