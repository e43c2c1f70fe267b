package kms

import (
	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/wire"
)

func (s *Service) on(c *wire.Call, keyID string, do func(*key) error) error {
	s.mu.RLock()
	k, err := s.find(keyID)
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

func (s *Service) describeKey(c *wire.Call, in *keyInput) (wire.Object, error) {
	out := wire.Object{}
	return out, s.on(c, in.KeyID, func(k *key) error {
		out["KeyMetadata"] = wire.Object{
			"Arn": k.arn(), "AWSAccountId": account.ID, "KeyId": k.id, "CreationDate": k.created.Unix(), "Description": k.args.Description,
			"Enabled": true, "KeyManager": "CUSTOMER", "KeySpec": "SYMMETRIC_DEFAULT", "KeyState": "Enabled",
			"KeyUsage": "ENCRYPT_DECRYPT", "Origin": "AWS_KMS",
		}
		return nil
	})
}

// getKeyPolicy returns the only policy of a key, whose name is default.
func (s *Service) getKeyPolicy(c *wire.Call, in *keyInput) (wire.Object, error) {
	out := wire.Object{"PolicyName": "default"}
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
