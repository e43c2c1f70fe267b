package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/order-patterns/order-patterns/local/oidc"
)

// tokenFlags are the claims of a token.
type tokenFlags struct {
	account string
	scopes  []string
	expires time.Duration
}

// token prints a token of the running cloud's issuer, and nothing else.
func token(ctx context.Context, e *environment, f tokenFlags) error {
	r, err := e.find()
	if err != nil {
		return err
	}
	if r == nil {
		return errors.New("the embedded cloud is not running: run `make up`")
	}
	text, err := f.fetch(ctx, r)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(e.stdout, text)
	return err
}

// fetch asks the issuer for a token, with the administrator's key.
func (f tokenFlags) fetch(ctx context.Context, r *running) (string, error) {
	form := url.Values{
		"grant_type": {"client_credentials"}, "account": {f.account}, "scope": {strings.Join(f.scopes, " ")},
		"expires_in": {strconv.Itoa(int(f.expires / time.Second))},
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, r.Endpoint+oidc.Path+"/token", strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.SetBasicAuth(r.AccessKeyID, r.SecretAccessKey)
	resp, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	var out struct {
		AccessToken string `json:"access_token"`
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
		return "", fmt.Errorf("reading the issuer's answer: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("the issuer refuses a token: %s %s", out.Error, out.Description)
	}
	return out.AccessToken, nil
}

// trust makes an API with auth=jwt trust the issuer of the running cloud, unless the config names another one.
func (r *running) trust(config map[string]string) {
	if _, other := config["jwtIssuer"]; other || config["auth"] != "jwt" {
		return
	}
	config["jwtIssuer"] = r.Endpoint + oidc.Path
	if config["jwtAudience"] == "" {
		config["jwtAudience"] = oidc.Audience
	}
}
