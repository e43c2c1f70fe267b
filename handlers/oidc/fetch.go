package oidc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const (
	// fetchTimeout is the timeout of both requests of a fetch together. The caller's context may end sooner.
	fetchTimeout = 3 * time.Second
	// maxDocument is the largest answer, in bytes.
	maxDocument = 1 << 20
)

// Client returns a client for an issuer. It does not follow redirects: an issuer answers with 200.
func Client() *http.Client {
	return &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// fetch gets the keys that the issuer's discovery document names. It fetches the document each time, because the address of the keys may
// change. Keys that the library does not know are omitted, as RFC 7517, section 5, requires.
func fetch(ctx context.Context, client *http.Client, issuer string) ([]jose.JSONWebKey, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	// The function may be frozen for an hour before the next fetch. By then a connection that looks open may be dead.
	defer client.CloseIdleConnections()
	var discovered struct {
		Issuer  string `json:"issuer"`
		JWKSURI string `json:"jwks_uri"`
	}
	if err := get(ctx, client, strings.TrimSuffix(issuer, "/")+"/.well-known/openid-configuration", &discovered); err != nil {
		return nil, err
	}
	if discovered.Issuer != issuer {
		return nil, fmt.Errorf("the discovery document of %s is that of the issuer %q", issuer, discovered.Issuer)
	}
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := get(ctx, client, discovered.JWKSURI, &set); err != nil {
		return nil, err
	}
	var keys []jose.JSONWebKey
	for _, text := range set.Keys {
		var k jose.JSONWebKey
		if err := k.UnmarshalJSON(text); err != nil {
			slog.WarnContext(ctx, "a key of the issuer is not used", "issuer", issuer, "error", err)
			continue
		}
		keys = append(keys, k)
	}
	return keys, nil
}

// get decodes the JSON document at an address.
func get(ctx context.Context, client *http.Client, address string, document any) error {
	if err := secure(address); err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	request.Header.Set("Accept", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: %s", address, response.Status)
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, maxDocument))
	if err == nil {
		err = json.Unmarshal(text, document)
	}
	if err != nil {
		return fmt.Errorf("GET %s: %w", address, err)
	}
	return nil
}

// secure refuses an address from which an attacker on the network could send other keys. It must be https, or on this machine.
func secure(address string) error {
	u, err := url.Parse(address)
	if err != nil {
		return err
	}
	host := u.Hostname()
	loopback := host == "localhost" || net.ParseIP(host).IsLoopback()
	if u.Scheme == "https" && host != "" || u.Scheme == "http" && loopback {
		return nil
	}
	return errors.New("the address of an issuer must be https://, or http:// on a loopback address, got " + address)
}
