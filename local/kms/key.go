package kms

import (
	"fmt"
	"net/http"
	"time"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/wire"
)

// key is a symmetric key. The service's lock guards it.
type key struct {
	id         string
	created    time.Time
	args       KeyArgs
	policyText string
	policy     *policy.Document
	deleteAt   time.Time // zero unless it is pending deletion
}

func (k *key) arn() string { return account.ARN("kms", "key/"+k.id) }

func (k *key) pending() bool { return !k.deleteAt.IsZero() }

// defaultPolicy is what AWS gives a key without a policy. It lets the account's IAM policies decide:
// https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
var defaultPolicy = fmt.Sprintf(`{"Version":"2012-10-17","Id":"key-default-1","Statement":[{"Sid":"Enable IAM User Permissions","Effect":"Allow",`+
	`"Principal":{"AWS":"%s"},"Action":"kms:*","Resource":"*"}]}`, account.GlobalARN("iam", "root"))

// administrator stands for who deploys.
var administrator = policy.Principal{ARN: account.GlobalARN("iam", "user/administrator"), Policies: func() []*policy.Document {
	return []*policy.Document{{Statements: policy.Statements{{Effect: "Allow", Action: policy.Strings{"*"}, Resource: policy.Strings{"*"}}}}}
}}

// setPolicy replaces the policy. Like AWS, it refuses one with which nobody of the account could change it again:
// https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html
func (k *key) setPolicy(text string) error {
	doc, err := policy.Parse(text, policy.Resource)
	if err == nil {
		err = policy.Authorize(policy.Request{
			Principal: administrator, Action: "kms:PutKeyPolicy", Resource: k.arn(), ResourcePolicy: doc, ByDelegation: true,
		})
	}
	if err != nil {
		return wire.Errorf(http.StatusBadRequest, "MalformedPolicyDocumentException", "The policy is not valid, or does not allow to update it in the future: %v", err)
	}
	k.policyText, k.policy = text, doc
	return nil
}

func notFound(format string, args ...any) error {
	return wire.Errorf(http.StatusBadRequest, "NotFoundException", format, args...)
}
