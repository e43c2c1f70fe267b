package account

import (
	"context"
	"strings"

	"github.com/order-patterns/order-patterns/local/policy"
)

// Keys decide who may use a KMS key. *kms.Service implements it.
type Keys interface {
	// Use authorizes actions on a key, such as "kms:Decrypt". Its errors are a *KeyError, or what a fault returns.
	Use(ctx context.Context, u KeyUse, actions ...string) error
}

// KeyUse is how a service uses a key for somebody.
type KeyUse struct {
	// Principal is the caller of the service, or a service that acts by itself.
	Principal policy.Principal
	// Service is the service that encrypts, such as "sqs". It becomes the condition key kms:ViaService of a caller's request.
	Service string
	// Key is the id or the ARN.
	Key string
	// Context is the encryption context: condition keys kms:EncryptionContext:NAME.
	Context map[string]string
	// Keys are further condition keys, such as aws:SourceArn.
	Keys map[string]string
}

// KeyError is why a key cannot be used.
type KeyError struct {
	Reason  string // AccessDenied, NotFound or InvalidState
	Message string
}

func (e *KeyError) Error() string { return e.Reason + ": " + e.Message }

// UseKey authorizes the use of a key. Everybody may use no key, and the keys that AWS manages for its services, whose policies
// allow all principals that may use the service:
// https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#aws-managed-key
func (a *Account) UseKey(ctx context.Context, u KeyUse, actions ...string) error {
	switch {
	case u.Key == "" || strings.HasPrefix(u.Key, "alias/aws/"):
		return nil
	case a.Keys == nil:
		return &KeyError{"NotFound", "Key '" + u.Key + "' does not exist"}
	}
	return a.Keys.Use(ctx, u, actions...)
}
