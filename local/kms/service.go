// Package kms is the embedded cloud's AWS Key Management Service: symmetric keys and their policies. Nothing is
// encrypted. What is enforced is who may use a key: services ask before they store or return what a key of the account
// protects.
//
// Operations: DescribeKey, GetKeyPolicy and PutKeyPolicy. Resource type: aws:kms/key:Key.
//
// Differences from AWS:
//
//   - There is no cryptography, and so no Encrypt, Decrypt or GenerateDataKey for clients.
//   - Every use is decided. AWS's services keep data keys for minutes, in which a change has no effect.
//   - There are no grants. Where a service of AWS would use a grant that it made with the deployer's permissions, its own
//     maintenance of a table for example, nothing is asked. Where the grant is for a role, as for a function's environment, the
//     role needs the permission.
//   - A key is deleted at once, without a waiting period.
//   - A key policy may name principals that do not exist, and may lock the account out.
//   - There are no aliases but those of the keys that AWS manages, alias/aws/SERVICE, which everybody may use.
package kms

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/wire"
)

// Service keeps the account's keys.
type Service struct {
	wire.Name
	wire.JSON
	account *account.Account

	mu   sync.RWMutex
	keys map[string]*key // by id
}

// New returns a service without keys, which decides for all services of the account.
func New(a *account.Account) *Service {
	s := &Service{Name: "kms", account: a, keys: map[string]*key{}, JSON: wire.JSON{Target: "TrentService", Version: "1.1"}}
	wire.Handle(&s.JSON, "DescribeKey", s.describeKey)
	wire.Handle(&s.JSON, "GetKeyPolicy", s.getKeyPolicy)
	wire.Handle(&s.JSON, "PutKeyPolicy", s.putKeyPolicy)
	a.Keys = s
	return s
}

// Use implements account.Keys. The policy of the key and the policies of the principal decide together:
// https://docs.aws.amazon.com/kms/latest/developerguide/policy-evaluation.html
func (s *Service) Use(ctx context.Context, u account.KeyUse, actions ...string) error {
	s.mu.RLock()
	k, err := s.find(u.Key)
	if err != nil {
		s.mu.RUnlock()
		return &account.KeyError{Reason: "NotFound", Message: err.Error()}
	}
	r := policy.Request{Principal: u.Principal, Resource: k.arn(), ResourcePolicy: k.policy, ByDelegation: true}
	s.mu.RUnlock()
	r.Keys = map[string]string{}
	maps.Copy(r.Keys, u.Keys)
	for name, value := range u.Context {
		r.Keys["kms:EncryptionContext:"+name] = value
	}
	if u.Principal.Service == "" {
		r.Keys["kms:CallerAccount"], r.Keys["kms:ViaService"] = account.ID, u.Service+"."+account.Region+".amazonaws.com"
	}
	for _, r.Action = range actions {
		err := s.account.Authorize(ctx, r)
		if policy.IsDenied(err) {
			return &account.KeyError{Reason: "AccessDenied", Message: err.Error()}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// find returns a key by its id or ARN. The caller holds the lock.
func (s *Service) find(name string) (*key, error) {
	return wire.Found(s.keys[strings.TrimPrefix(name, account.ARN("kms", "key/"))],
		wire.Errorf(http.StatusBadRequest, "NotFoundException", "Key '%s' does not exist", name))
}

// key is a symmetric key. The service's lock guards it.
type key struct {
	id         string
	created    time.Time
	args       KeyArgs
	policyText string
	policy     *policy.Document
}

func (k *key) arn() string { return account.ARN("kms", "key/"+k.id) }

// defaultPolicy is what AWS gives a key without a policy. It lets the account's IAM policies decide:
// https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
var defaultPolicy = fmt.Sprintf(`{"Version":"2012-10-17","Id":"key-default-1","Statement":[{"Sid":"Enable IAM User Permissions","Effect":"Allow",`+
	`"Principal":{"AWS":"%s"},"Action":"kms:*","Resource":"*"}]}`, account.GlobalARN("iam", "root"))

func (k *key) setPolicy(text string) error {
	doc, err := policy.Parse(text, policy.Resource)
	if err != nil {
		return wire.Errorf(http.StatusBadRequest, "MalformedPolicyDocumentException", "%v", err)
	}
	k.policyText, k.policy = text, doc
	return nil
}

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
	if err := c.Authorize("kms:"+c.Operation, k.arn(), wire.With{ResourcePolicy: doc, ByDelegation: true}); err != nil {
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
