package iam

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/wire"
)

// Credentials are what a session of a role signs with.
type Credentials struct {
	AccessKeyID, SecretAccessKey, SessionToken string
}

// Config is the configuration of SDK clients that sign with these credentials and call an endpoint.
func (c Credentials) Config(endpoint string) aws.Config {
	return aws.Config{
		Region: account.Region, BaseEndpoint: &endpoint,
		Credentials: credentials.NewStaticCredentialsProvider(c.AccessKeyID, c.SecretAccessKey, c.SessionToken),
	}
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

// byARN finds a role by its whole ARN, or returns nil. The name alone would match a role of another account. The caller
// holds the lock.
func (s *Service) byARN(arn string) *role {
	name, ok := strings.CutPrefix(arn, roleARN(""))
	if !ok {
		return nil
	}
	return s.roles[name]
}

func randomID(prefix string, n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // crypto/rand does not fail
	return prefix + base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b)[:n]
}
