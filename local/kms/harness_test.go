package kms_test

import (
	"encoding/json"
	"fmt"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/internal/cloudtest"
	"github.com/order-patterns/order-patterns/local/kms"
	"github.com/order-patterns/order-patterns/local/wire"
)

const (
	keyType = "aws:kms/key:Key"
	root    = "arn:aws:iam::123456789012:root"
)

// cloud is a KMS and the services that use its keys.
type cloud struct {
	*cloudtest.Cloud
	kms    *kms.Service
	client *sdk.Client // may do everything
	roles  int
}

// roleName is a name that no other role has.
func (c *cloud) roleName() string {
	c.roles++
	return fmt.Sprint("role-", c.roles)
}

func newCloud(t testing.TB, services ...func(*cloud) wire.Service) *cloud {
	t.Helper()
	c := &cloud{Cloud: cloudtest.New()}
	c.kms = kms.New(c.Account)
	all := []wire.Service{c.kms}
	for _, s := range services {
		all = append(all, s(c))
	}
	c.Serve(t, all...)
	c.client = sdk.NewFromConfig(c.Admin)
	return c
}

// statement is one of a policy.
type statement map[string]any

func document(statements ...statement) string {
	text, _ := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements}) // strings can always be marshalled
	return string(text)
}

func allow(actions ...string) statement {
	return statement{"Effect": "Allow", "Action": actions, "Resource": "*"}
}

// to makes a statement of a key policy.
func (s statement) to(kind, principal string) statement {
	s["Principal"] = map[string]string{kind: principal}
	return s
}

func (s statement) when(operator, key, value string) statement {
	s["Condition"] = map[string]any{operator: map[string]string{key: value}}
	return s
}

// administered lets the account administer a key and not use it.
func administered() statement {
	return allow("kms:PutKeyPolicy", "kms:DescribeKey").to("AWS", root)
}

// key makes a key whose policy has these statements, beside one with which the account can change it, and returns its ARN.
func (c *cloud) key(t testing.TB, statements ...statement) (id, arn string) {
	t.Helper()
	id, state := c.MustDeploy(t, keyType, map[string]any{"policy": document(append(statements, administered())...)})
	return id, state["arn"].(string)
}

func (c *cloud) setPolicy(t testing.TB, id string, statements ...statement) {
	t.Helper()
	require.NoError(t, c.Update(t, keyType, id, map[string]any{"policy": document(append(statements, administered())...)}))
}
