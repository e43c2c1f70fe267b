// Package auth authenticates requests to a pattern's API: with a token of an OpenID Connect issuer, or with a signature of AWS credentials.
package auth

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// Authorize adds credentials to a request. It is safe for concurrent use.
type Authorize func(*http.Request) error

// Bearer sends a token, which get returns. It calls get again when the token is older than lifetime.
func Bearer(lifetime time.Duration, get func(context.Context) (string, error)) Authorize {
	var mu sync.Mutex
	var token string
	var since time.Time
	return func(r *http.Request) error {
		mu.Lock()
		defer mu.Unlock()
		if token == "" || time.Since(since) >= lifetime {
			text, err := get(r.Context())
			if err != nil {
				return fmt.Errorf("getting a token: %w", err)
			}
			token, since = text, time.Now()
		}
		r.Header.Set("Authorization", "Bearer "+token)
		return nil
	}
}

// Token sends a fixed token.
func Token(token string) Authorize {
	return func(r *http.Request) error {
		r.Header.Set("Authorization", "Bearer "+token)
		return nil
	}
}

// SigV4 signs requests for API Gateway:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-call-api.html
func SigV4(credentials aws.CredentialsProvider, region string) Authorize {
	signer := v4.NewSigner()
	return func(r *http.Request) error {
		who, err := credentials.Retrieve(r.Context())
		if err != nil {
			return fmt.Errorf("getting AWS credentials: %w", err)
		}
		var body []byte
		if r.GetBody != nil {
			copied, err := r.GetBody()
			if err != nil {
				return err
			}
			if body, err = io.ReadAll(copied); err != nil {
				return err
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
		}
		sum := sha256.Sum256(body)
		return signer.SignHTTP(r.Context(), who, r, hex.EncodeToString(sum[:]), "execute-api", region, time.Now())
	}
}
