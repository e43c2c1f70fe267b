// Package localstack reads the files that `make up` writes to the project: the stack's outputs, and the address of the embedded cloud.
package localstack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/order-patterns/order-patterns/cmd/client/auth"
)

// Stack is a stack on an embedded cloud.
type Stack struct {
	// Home is the folder of the stack's state. Default .local in the project.
	Home string
}

// Find returns the stack of the project that contains the working directory. The stack need not be deployed.
func Find() (Stack, error) {
	project, err := Project()
	return Stack{Home: filepath.Join(project, ".local")}, err
}

// Project returns the nearest folder with a Pulumi.yaml: the working directory or one above it.
func Project() (string, error) {
	start, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("finding the working directory: %w", err)
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "Pulumi.yaml")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("neither %s nor a folder above it has a Pulumi.yaml", start)
		}
	}
}

// OutputsFile returns the path of the stack's outputs.
func (s Stack) OutputsFile() string { return filepath.Join(s.Home, "outputs.json") }

// Outputs decodes the stack's outputs into a pointer to a map or struct. They are one JSON object for each deployed pattern, by its name.
func (s Stack) Outputs(into any) error {
	data, err := os.ReadFile(s.OutputsFile())
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("no local stack is up (%s does not exist): run `make up`", s.OutputsFile())
	}
	if err != nil {
		return fmt.Errorf("reading the local stack's outputs: %w", err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("reading the local stack's outputs in %s: %w", s.OutputsFile(), err)
	}
	return nil
}

// State returns the stack's state in the format of the Pulumi CLI.
func (s Stack) State() ([]byte, error) {
	files, err := filepath.Glob(filepath.Join(s.Home, "pulumi", "state", ".pulumi", "stacks", "*", "local.json"))
	if err != nil || len(files) != 1 {
		return nil, fmt.Errorf("no local stack is up (%s has no state of one): run `make up`", s.Home)
	}
	data, err := os.ReadFile(files[0])
	if err != nil {
		return nil, fmt.Errorf("reading the local stack's state: %w", err)
	}
	return data, nil
}

// Cloud is a running embedded cloud.
type Cloud struct {
	PID      int // of its process
	Endpoint string
	// The administrator's access key.
	AccessKeyID, SecretAccessKey string
}

// Cloud returns the stack's running embedded cloud.
func (s Stack) Cloud() (c Cloud, err error) {
	file := filepath.Join(s.Home, "cloud.json")
	data, err := os.ReadFile(file)
	if err != nil {
		return c, fmt.Errorf("the embedded cloud is not running: run `make up`: %w", err)
	}
	if err := json.Unmarshal(data, &c); err != nil {
		return c, fmt.Errorf("reading %s: %w", file, err)
	}
	return c, nil
}

// Token returns a token of the cloud's OpenID Connect issuer for an account.
func (c Cloud) Token(ctx context.Context, account string, scopes []string, lifetime time.Duration) (string, error) {
	form := url.Values{
		"grant_type": {"client_credentials"}, "account": {account}, "scope": {strings.Join(scopes, " ")},
		"expires_in": {strconv.Itoa(int(lifetime / time.Second))},
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.Endpoint+"/oidc/token", strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(c.AccessKeyID, c.SecretAccessKey)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	var answer struct {
		Token string `json:"access_token"`
		Error string `json:"error_description"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || answer.Token == "" {
		return "", fmt.Errorf("the issuer answers %s without a token: %s", resp.Status, answer.Error)
	}
	return answer.Token, nil
}

// TokenLifetime is the lifetime of tokens of Authorize.
const TokenLifetime = time.Hour

// staff are the scopes of a token for orders of all accounts, and for setting balances.
var staff = []string{"orders:any", "balances:write"}

// Authorize returns how to authenticate to an API of the cloud. kind is the output auth of its pattern: iam, jwt, or any other for an API
// that allows every caller.
func (c Cloud) Authorize(kind, region string) auth.Authorize {
	switch kind {
	case "iam":
		return auth.SigV4(c.Config(region).Credentials, region)
	case "jwt":
		return auth.Bearer(TokenLifetime-time.Minute, func(ctx context.Context) (string, error) {
			return c.Token(ctx, "staff", staff, TokenLifetime)
		})
	default:
		return nil
	}
}

// Config returns a configuration for SDK clients of the cloud. It ignores the environment and the user's AWS profiles.
func (c Cloud) Config(region string) aws.Config {
	return aws.Config{
		Region: region, BaseEndpoint: aws.String(c.Endpoint),
		Credentials: credentials.NewStaticCredentialsProvider(c.AccessKeyID, c.SecretAccessKey, ""),
	}
}
