// Package iam is the embedded cloud's AWS Identity and Access Management: roles, their inline and managed policies,
// and the access keys that belong to sessions of them. What policies decide is in package policy.
package iam

import (
	"crypto/rand"
	"encoding/base32"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/wire"
)

// Service keeps the account's roles, policies and access keys.
type Service struct {
	account *account.Account
	query   wire.Query

	mu       sync.RWMutex
	roles    map[string]*role // by name
	policies map[string]*managedPolicy
	keys     map[string]wire.Identity // by access key
}

type role struct {
	name      string
	inputs    RoleArgs
	id        string
	createdAt time.Time
	trust     *policy.Document
	inline    map[string]*inlinePolicy // by name
	attached  []string                 // ARNs of managed policies

	// effective is what the role allows now, so that an authorization costs one load.
	effective atomic.Pointer[[]*policy.Document]
}

type inlinePolicy struct {
	text string
	doc  *policy.Document
}

type managedPolicy struct {
	inputs PolicyArgs
	doc    *policy.Document
}

// Credentials are what a session of a role signs with.
type Credentials struct {
	AccessKeyID, SecretAccessKey, SessionToken string
}

// New returns a service that holds no roles, and the managed policies of AWS that the patterns use.
func New(a *account.Account) *Service {
	s := &Service{account: a, roles: map[string]*role{}, policies: map[string]*managedPolicy{}, keys: map[string]wire.Identity{}}
	for arn, text := range awsManaged {
		doc, err := policy.Parse(text, policy.Identity)
		if err != nil {
			panic(fmt.Sprintf("iam: AWS managed policy %s: %v", arn, err))
		}
		s.policies[arn] = &managedPolicy{doc: doc}
	}
	s.operations()
	return s
}

// AddAdministrator makes an IAM user to whom everything is allowed, for the person at the keyboard, and returns its
// access key. Functions never see it.
func (s *Service) AddAdministrator(name string) Credentials {
	admin, err := policy.Parse(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`, policy.Identity)
	if err != nil {
		panic(err) // a constant
	}
	c := Credentials{AccessKeyID: randomID("AKIA", 16), SecretAccessKey: randomID("", 40)}
	docs := []*policy.Document{admin}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys[c.AccessKeyID] = wire.Identity{Secret: c.SecretAccessKey, Principal: policy.Principal{
		ARN: account.GlobalARN("iam", "user/"+name), ID: randomID("AIDA", 17), Policies: func() []*policy.Document { return docs },
	}}
	return c
}

// AssumeRole starts a session of a role for an AWS service, such as "lambda.amazonaws.com", if the role's trust
// policy lets it. keys are condition keys, for example aws:SourceArn. The error is a *policy.DeniedError where the
// service may not, or there is no such role.
func (s *Service) AssumeRole(service, roleARN, session string, keys map[string]string) (policy.Principal, Credentials, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	request := policy.Request{
		Principal: policy.ServicePrincipal(service), Action: "sts:AssumeRole", Resource: roleARN, Keys: keys,
	}
	r, ok := s.byARN(roleARN)
	if ok {
		request.ResourcePolicy = r.trust
	}
	if err := policy.Authorize(request); err != nil {
		return policy.Principal{}, Credentials{}, err
	}
	p := policy.Principal{
		ARN:      fmt.Sprintf("arn:aws:sts::%s:assumed-role/%s/%s", account.ID, r.name, session),
		ID:       r.id + ":" + session,
		RoleARN:  roleARN,
		Policies: func() []*policy.Document { return *r.effective.Load() },
	}
	c := Credentials{AccessKeyID: randomID("ASIA", 16), SecretAccessKey: randomID("", 40), SessionToken: randomID("", 64)}
	s.keys[c.AccessKeyID] = wire.Identity{Secret: c.SecretAccessKey, SessionToken: c.SessionToken, Principal: p}
	return p, c, nil
}

// Revoke ends a session: its access key is no longer known.
func (s *Service) Revoke(accessKey string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.keys, accessKey)
}

// Lookup implements wire.Credentials.
func (s *Service) Lookup(accessKey string) (wire.Identity, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	id, ok := s.keys[accessKey]
	return id, ok
}

// RoleExists tells whether an ARN names a role of this account.
func (s *Service) RoleExists(roleARN string) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	_, ok := s.byARN(roleARN)
	return ok
}

// byARN finds a role by all of its ARN: the name alone would let one of another account or path pass. The caller holds
// the lock.
func (s *Service) byARN(arn string) (*role, bool) {
	r, ok := s.roles[arn[strings.LastIndex(arn, "/")+1:]]
	return r, ok && r.arn() == arn
}

func (r *role) arn() string { return account.GlobalARN("iam", "role"+r.path()+r.name) }

func (r *role) path() string {
	if r.inputs.Path != nil {
		return *r.inputs.Path
	}
	return "/"
}

// refresh recomputes what a role allows. The caller holds the lock.
func (s *Service) refresh(r *role) {
	var docs []*policy.Document
	for _, p := range r.inline {
		docs = append(docs, p.doc)
	}
	for _, arn := range r.attached {
		if p, ok := s.policies[arn]; ok {
			docs = append(docs, p.doc)
		}
	}
	r.effective.Store(&docs)
}

// find returns a role or the error that AWS gives. The caller holds the lock.
func (s *Service) find(name string) (*role, error) {
	r, ok := s.roles[name]
	if !ok {
		return nil, wire.Errorf(http.StatusNotFound, "NoSuchEntity", "The role with name %s cannot be found.", name)
	}
	return r, nil
}

func (s *Service) putInline(roleName, name, text string) error {
	doc, err := policy.Parse(text, policy.Identity)
	if err != nil {
		return wire.Errorf(http.StatusBadRequest, "MalformedPolicyDocument", "%v", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(roleName)
	if err != nil {
		return err
	}
	r.inline[name] = &inlinePolicy{text: text, doc: doc}
	s.refresh(r)
	return nil
}

func (s *Service) deleteInline(roleName, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r, ok := s.roles[roleName]; ok {
		delete(r.inline, name)
		s.refresh(r)
	}
}

func (s *Service) attach(roleName, policyARN string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(roleName)
	if err != nil {
		return err
	}
	if _, ok := s.policies[policyARN]; !ok {
		return wire.Errorf(http.StatusNotFound, "NoSuchEntity", "Policy %s does not exist or is not attachable.", policyARN)
	}
	if !slices.Contains(r.attached, policyARN) {
		r.attached = append(r.attached, policyARN)
	}
	s.refresh(r)
	return nil
}

func (s *Service) detach(roleName, policyARN string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r, ok := s.roles[roleName]; ok {
		r.attached = slices.DeleteFunc(r.attached, func(a string) bool { return a == policyARN })
		s.refresh(r)
	}
}

func randomID(prefix string, n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // crypto/rand does not fail
	return prefix + base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b)[:n]
}
