package main

import (
	"cmp"
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

// token prints a token of the running cloud's issuer, and nothing else.
func token(ctx context.Context, e *environment, account string, scopes []string, expires time.Duration) error {
	r, err := e.find()
	if err != nil {
		return err
	}
	if r == nil {
		return errors.New("the embedded cloud is not running: run `make up`")
	}
	form := url.Values{
		"grant_type": {"client_credentials"}, "account": {account}, "scope": {strings.Join(scopes, " ")},
		"expires_in": {strconv.Itoa(int(expires / time.Second))},
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, r.Endpoint+oidc.Path+"/token", strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.SetBasicAuth(r.AccessKeyID, r.SecretAccessKey)
	resp, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	var out struct {
		Token string `json:"access_token"`
		Why   string `json:"error_description"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil || out.Token == "" {
		return fmt.Errorf("the issuer refuses a token: %s: %s", resp.Status, out.Why)
	}
	_, err = fmt.Fprintln(e.stdout, out.Token)
	return err
}

// trust makes an API with auth=jwt trust the issuer of the running cloud, unless the config names another one.
func (r *running) trust(config map[string]string) {
	if config["auth"] == "jwt" && config["jwtIssuer"] == "" {
		config["jwtIssuer"], config["jwtAudience"] = r.Endpoint+oidc.Path, cmp.Or(config["jwtAudience"], oidc.Audience)
	}
}
