package kms

import (
	"cmp"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/wire"
)

func (s *Service) on(c *wire.Call, keyID string, do func(*key) error) error {
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
	if err := c.Authorize("kms:"+c.Operation, k.arn(), func(r *policy.Request) { r.ResourcePolicy, r.ByDelegation = doc, true }); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return do(k)
}

type keyInput struct {
	KeyID string `json:"KeyId"`
}

// listKeys returns all keys: there are no pages.
func (s *Service) listKeys(*wire.Call, *struct{}) (wire.Object, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return wire.Object{"Keys": wire.List(s.keys, func(k *key) wire.Object { return wire.Object{"KeyId": k.id, "KeyArn": k.arn()} })}, nil
}

func (s *Service) describeKey(c *wire.Call, in *keyInput) (wire.Object, error) {
	out := wire.Object{}
	return out, s.on(c, in.KeyID, func(k *key) error {
		metadata := wire.Object{
			"Arn": k.arn(), "AWSAccountId": account.ID, "KeyId": k.id, "CreationDate": k.created.Unix(), "Description": k.args.Description,
			"Enabled": !k.pending(), "KeyManager": "CUSTOMER", "KeySpec": "SYMMETRIC_DEFAULT", "KeyState": "Enabled",
			"KeyUsage": "ENCRYPT_DECRYPT", "Origin": "AWS_KMS",
		}
		if k.pending() {
			metadata["KeyState"], metadata["DeletionDate"] = "PendingDeletion", k.deleteAt.Unix()
		}
		out["KeyMetadata"] = metadata
		return nil
	})
}

// policyName is the name of every key policy.
const policyName = "default"

func (s *Service) getKeyPolicy(c *wire.Call, in *struct {
	keyInput
	PolicyName string
}) (wire.Object, error) {
	if cmp.Or(in.PolicyName, policyName) != policyName {
		return nil, notFound("No such policy exists: %s", in.PolicyName)
	}
	out := wire.Object{"PolicyName": policyName}
	return out, s.on(c, in.KeyID, func(k *key) error {
		out["Policy"] = k.policyText
		return nil
	})
}

func (s *Service) putKeyPolicy(c *wire.Call, in *struct {
	keyInput
	Policy string
}) (*struct{}, error) {
	return &struct{}{}, s.on(c, in.KeyID, func(k *key) error { return k.setPolicy(in.Policy) })
}
