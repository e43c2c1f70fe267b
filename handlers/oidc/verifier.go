package oidc

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/order-patterns/order-patterns/order/strictjson"
)

// Skew is how much the clocks of the issuer and of this machine may differ.
const Skew = time.Minute

// algorithms are the algorithms with a public key. Without a signature, or with the public key used as a shared secret, anybody could
// create tokens.
var algorithms = []jose.SignatureAlgorithm{
	jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512, jose.ES256, jose.ES384, jose.ES512, jose.EdDSA,
}

// tokenTypes are the values of the header typ that an access token may have, in lower case: RFC 9068 for the last two. An
// issuer also signs tokens for other purposes, such as logout+jwt, with the same keys.
var tokenTypes = []string{"", "jwt", "at+jwt", "application/at+jwt"}

// Verifier verifies tokens of one issuer for one audience. It fetches the issuer's keys when it needs them.
type Verifier struct {
	issuer, audience string
	keys             *keySet
	now              func() time.Time
}

// NewVerifier returns a verifier. issuer is the URL of the issuer, exactly as in its tokens. NewVerifier makes no request.
func NewVerifier(issuer, audience string, client *http.Client, now func() time.Time) *Verifier {
	return &Verifier{issuer: issuer, audience: audience, now: now, keys: newKeySet(issuer, client, now)}
}

// Verify returns the claims of a token that the issuer signed for the audience, and that is valid now. The error says what is wrong. It
// does not contain the token. It is [ErrNoKeys] if the token's key is not known and cannot be fetched.
func (v *Verifier) Verify(ctx context.Context, token string) (Claims, error) {
	t, err := jwt.ParseSigned(token, algorithms)
	if err != nil {
		return Claims{}, unparsed(err)
	}
	header := t.Headers[0] // ParseSigned accepts one signature only
	if typ, _ := header.ExtraHeaders[jose.HeaderType].(string); !slices.Contains(tokenTypes, strings.ToLower(typ)) {
		return Claims{}, fmt.Errorf("it is of the type %s", strictjson.Show(typ))
	}
	if header.KeyID == "" {
		return Claims{}, errors.New("it has no key id")
	}
	key, err := v.keys.find(ctx, header.KeyID)
	if err != nil {
		return Claims{}, err
	}
	if !slices.Contains(key.algorithms, jose.SignatureAlgorithm(header.Algorithm)) {
		return Claims{}, fmt.Errorf("the algorithm %s is not one of the key's: %v", header.Algorithm, key.algorithms)
	}
	var registered jwt.Claims
	var all map[string]any
	if err := t.Claims(key.public, &registered, &all); err != nil {
		if errors.Is(err, jose.ErrCryptoFailure) {
			return Claims{}, errors.New("the signature is wrong")
		}
		return Claims{}, errors.New("the claims are malformed")
	}
	if err := v.validate(registered, all); err != nil {
		return Claims{}, err
	}
	return Claims{Subject: registered.Subject, all: all}, nil
}

// unparsed returns the error for a token that cannot be parsed. The error of the library may contain parts of the token.
func unparsed(err error) error {
	var algorithm *jose.ErrUnexpectedSignatureAlgorithm
	if errors.As(err, &algorithm) {
		return fmt.Errorf("the algorithm %s is not allowed", strictjson.Show(string(algorithm.Got)))
	}
	return errors.New("it is no signed JSON Web Token")
}

// validate checks the claims of a token with a valid signature.
func (v *Verifier) validate(c jwt.Claims, all map[string]any) error {
	if c.Issuer != v.issuer {
		return fmt.Errorf("the issuer is %s", strictjson.Show(c.Issuer))
	}
	if c.Subject == "" {
		return errors.New("the claim sub is missing")
	}
	if c.Expiry == nil {
		return errors.New("the claim exp is missing")
	}
	// Cognito's access tokens name the client in client_id, and have no aud:
	// https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html
	if _, named := all["aud"]; !named {
		client, _ := all["client_id"].(string)
		c.Audience = jwt.Audience{client}
	}
	if !c.Audience.Contains(v.audience) {
		return fmt.Errorf("the audience is %s", strictjson.Show(strings.Join(c.Audience, " ")))
	}
	err := c.ValidateWithLeeway(jwt.Expected{Time: v.now()}, Skew)
	switch {
	case errors.Is(err, jwt.ErrExpired):
		return fmt.Errorf("it expired at %s", c.Expiry.Time().UTC().Format(time.RFC3339))
	case errors.Is(err, jwt.ErrNotValidYet):
		return fmt.Errorf("it is not valid before %s", c.NotBefore.Time().UTC().Format(time.RFC3339))
	case errors.Is(err, jwt.ErrIssuedInTheFuture):
		return fmt.Errorf("it was issued at %s", c.IssuedAt.Time().UTC().Format(time.RFC3339))
	}
	return err
}
