package kms

import (
	"cmp"
	"maps"
	"slices"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/wire"
)

// register adds the operations of the API. Lists are complete: there are no pages.
func (s *Service) register() {
	wire.Handle(&s.JSON, "ListKeys", s.listKeys)
	wire.Handle(&s.JSON, "DescribeKey", s.describeKey)
	wire.Handle(&s.JSON, "GetKeyPolicy", s.getKeyPolicy)
	wire.Handle(&s.JSON, "PutKeyPolicy", s.putKeyPolicy)
}

// inspect finds a key, authorizes an action on it, and reads it.
func (s *Service) inspect(c *wire.Call, action, keyID string, read func(*key)) error {
	return s.change(c, action, keyID, func(k *key) error {
		read(k)
		return nil
	})
}

func (s *Service) change(c *wire.Call, action, keyID string, do func(*key) error) error {
	s.mu.RLock()
	k, err := s.lookUp(keyID)
	var doc *policy.Document
	if err == nil {
		doc = k.policy
	}
	s.mu.RUnlock() // a test's fault may make the authorization wait
	if err != nil {
		return err
	}
	if err := c.Authorize("kms:"+action, k.arn(), func(r *policy.Request) { r.ResourcePolicy, r.ByDelegation = doc, true }); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return do(k)
}

type keyInput struct {
	KeyID string `json:"KeyId"`
}

type (
	listKeysOutput    struct{ Keys []map[string]string }
	describeKeyOutput struct{ KeyMetadata map[string]any }
	keyPolicyOutput   struct{ Policy, PolicyName string }
)

func (s *Service) listKeys(c *wire.Call, _ *struct{}) (*listKeysOutput, error) {
	if err := c.Authorize("kms:ListKeys", "*"); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := &listKeysOutput{Keys: []map[string]string{}}
	for _, id := range slices.Sorted(maps.Keys(s.keys)) {
		out.Keys = append(out.Keys, map[string]string{"KeyId": id, "KeyArn": s.keys[id].arn()})
	}
	return out, nil
}

func (s *Service) describeKey(c *wire.Call, in *keyInput) (*describeKeyOutput, error) {
	out := &describeKeyOutput{}
	return out, s.inspect(c, "DescribeKey", in.KeyID, func(k *key) {
		out.KeyMetadata = map[string]any{
			"Arn": k.arn(), "AWSAccountId": account.ID, "KeyId": k.id, "CreationDate": k.created.Unix(), "Description": k.args.Description,
			"Enabled": !k.pending(), "KeyManager": "CUSTOMER", "KeySpec": "SYMMETRIC_DEFAULT", "KeyState": "Enabled",
			"KeyUsage": "ENCRYPT_DECRYPT", "Origin": "AWS_KMS",
		}
		if k.pending() {
			out.KeyMetadata["KeyState"], out.KeyMetadata["DeletionDate"] = "PendingDeletion", k.deleteAt.Unix()
		}
	})
}

// policyName is the name of every key policy.
const policyName = "default"

func (s *Service) getKeyPolicy(c *wire.Call, in *struct {
	keyInput
	PolicyName string
}) (*keyPolicyOutput, error) {
	if cmp.Or(in.PolicyName, policyName) != policyName {
		return nil, notFound("No such policy exists: %s", in.PolicyName)
	}
	out := &keyPolicyOutput{PolicyName: policyName}
	return out, s.inspect(c, "GetKeyPolicy", in.KeyID, func(k *key) { out.Policy = k.policyText })
}

func (s *Service) putKeyPolicy(c *wire.Call, in *struct {
	keyInput
	Policy string
}) (*struct{}, error) {
	return &struct{}{}, s.change(c, "PutKeyPolicy", in.KeyID, func(k *key) error { return k.setPolicy(in.Policy) })
}
