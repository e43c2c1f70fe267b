// Package iam is the embedded cloud's AWS Identity and Access Management: roles, their inline policies, and the access
// keys of users and of sessions. What policies decide is in package policy.
//
// Differences from AWS:
//
//   - A change counts from the next call on.
//   - Roles have no path. The managed policies are the ones of AWS that the patterns attach; a program cannot make its own.
//   - There are no permissions boundaries, session policies or organisation policies.
package iam

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/wire"
)

// Service keeps the account's roles, policies and access keys.
type Service struct {
	wire.Name
	wire.Query
	account *account.Account
	managed map[string]*policy.Document // by ARN

	mu    sync.RWMutex
	roles map[string]*role         // by name
	keys  map[string]wire.Identity // by access key
}

// role is a role. The service's lock guards it.
type role struct {
	name      string
	inputs    RoleArgs
	id        string
	createdAt time.Time
	trust     *policy.Document
	inline    map[string]*inlinePolicy // by name
	attached  []string                 // ARNs of managed policies
}

type inlinePolicy struct {
	text string
	doc  *policy.Document
}

// New returns a service that holds no roles, and the managed policies of AWS that the patterns use.
func New(a *account.Account) *Service {
	s := &Service{
		Name: "iam", account: a, managed: map[string]*policy.Document{}, roles: map[string]*role{}, keys: map[string]wire.Identity{},
	}
	for arn, text := range awsManaged {
		s.managed[arn] = mustParse(text)
	}
	s.operations()
	return s
}

func mustParse(text string) *policy.Document {
	doc, err := policy.Parse(text, policy.Identity)
	if err != nil {
		panic("iam: " + err.Error())
	}
	return doc
}

func roleARN(name string) string { return account.GlobalARN("iam", "role/"+name) }

// find returns a role, or AWS's error if there is none. The caller holds the lock.
func (s *Service) find(name string) (*role, error) {
	return wire.Found(s.roles[name], noEntity("The role with name %s cannot be found.", name))
}

// policies are what a role allows now.
func (s *Service) policies(r *role) (docs []*policy.Document) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, p := range r.inline {
		docs = append(docs, p.doc)
	}
	for _, arn := range r.attached {
		docs = append(docs, s.managed[arn])
	}
	return docs
}

// putInline adds an inline policy to a role, or replaces it. The caller holds the lock.
func (s *Service) putInline(roleName, name, text string) error {
	doc, err := policy.Parse(text, policy.Identity)
	if err != nil {
		return malformed(err)
	}
	r, err := s.find(roleName)
	if err != nil {
		return err
	}
	r.inline[name] = &inlinePolicy{text: text, doc: doc}
	return nil
}

// attach adds a managed policy to a role. The caller holds the lock.
func (s *Service) attach(roleName, policyARN string) error {
	r, err := s.find(roleName)
	if err != nil {
		return err
	}
	if s.managed[policyARN] == nil {
		return noEntity("Policy %s does not exist or is not attachable.", policyARN)
	}
	if !slices.Contains(r.attached, policyARN) {
		r.attached = append(r.attached, policyARN)
	}
	return nil
}

func noEntity(format string, args ...any) error {
	return wire.Errorf(http.StatusNotFound, "NoSuchEntity", format, args...)
}

func malformed(err error) error {
	return wire.Errorf(http.StatusBadRequest, "MalformedPolicyDocument", "%v", err)
}

// awsManaged are the managed policies of AWS that the patterns use, by ARN, as published in
// https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
var awsManaged = map[string]string{
	"arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs": `{"Version": "2012-10-17", "Statement": [{
		"Effect": "Allow", "Resource": "*", "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogGroups",
			"logs:DescribeLogStreams", "logs:PutLogEvents", "logs:GetLogEvents", "logs:FilterLogEvents"]
	}]}`,
}

// AddAdministrator makes an IAM user to whom everything is allowed, for the person at the keyboard, and returns its
// access key. Functions never see it.
func (s *Service) AddAdministrator(name string) Credentials {
	docs := []*policy.Document{mustParse(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`)}
	c := Credentials{AccessKeyID: randomID("AKIA", 16), SecretAccessKey: randomID("", 40)}
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
	request := policy.Request{
		Principal: policy.ServicePrincipal(service), Action: "sts:AssumeRole", Resource: roleARN, Keys: keys,
	}
	s.mu.RLock()
	r := s.byARN(roleARN)
	if r != nil {
		request.ResourcePolicy = r.trust
	}
	s.mu.RUnlock()
	if err := s.account.Decide(context.Background(), request); err != nil {
		return policy.Principal{}, Credentials{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p := policy.Principal{
		ARN:      fmt.Sprintf("arn:aws:sts::%s:assumed-role/%s/%s", account.ID, r.name, session),
		ID:       r.id + ":" + session,
		RoleARN:  roleARN,
		Policies: func() []*policy.Document { return s.policies(r) },
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

// byARN finds a role by its whole ARN, or returns nil. The name alone would match a role of another account. The caller
// holds the lock.
func (s *Service) byARN(arn string) *role {
	name, ok := strings.CutPrefix(arn, roleARN(""))
	if !ok {
		return nil
	}
	return s.roles[name]
}

// randomID makes an id of letters and digits, at most 78 after the prefix.
func randomID(prefix string, n int) string {
	return prefix + (rand.Text() + rand.Text() + rand.Text())[:n]
}
