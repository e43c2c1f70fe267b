// Package apigateway is the embedded cloud's Amazon API Gateway: REST APIs that are described by an OpenAPI 3.0
// document. As on AWS, the document is imported, a deployment is a snapshot of it, and a stage serves one deployment.
//
// Handler receives requests at /API/STAGE/PATH, which stands for https://API.execute-api.REGION.amazonaws.com/STAGE/PATH.
// A request is routed, authorized (by its signature, by a Lambda authorizer, by the API's
// resource policy), checked for an API key, throttled, and validated against the document's parameters and schemas.
// Then a Lambda function answers it, an action of an AWS service that is called through mapping templates, or a mock.
// Errors of API Gateway itself are gateway responses, which the document can change.
//
// The import refuses by name what is not implemented: authorizers of the types REQUEST and COGNITO_USER_POOLS, other
// integration types and services, templates of other media types than application/json, binary media types, most of the
// template language, and the security of the whole document, which AWS ignores. Resources have no caches, canaries, stage
// variables, execution logs, custom domains (package edge records them), or compression.
//
// Differences from AWS:
//   - $context.error.validationErrorString is refused: AWS does not say what its validator's words are;
//   - models are schemas of draft 4: all its keywords and formats are validated, also those that AWS ignores in imported models, such as
//     minItems, and others are ignored;
//   - a function's policy may have what package policy knows, and its ARNs may have more than 512 characters;
//   - a key may have two plans for a stage, of which any is taken;
//   - throttles are exact, and the quotas of usage plans are recorded, not counted;
//   - a header in the answer of a function must be a string, where AWS also takes numbers and booleans;
//   - there is no limit of the size of headers but that of net/http;
//   - X-Forwarded-Proto is http, and the domain name is the address that the cloud listens on.
package apigateway

import (
	"crypto/rand"
	"encoding/base32"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/iam"
	"github.com/order-patterns/order-patterns/local/lambda"
	"github.com/order-patterns/order-patterns/local/logs"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/wire"
	"github.com/order-patterns/order-patterns/local/xray"
)

// Dependencies are what API Gateway calls. All are required.
type Dependencies struct {
	Functions lambda.Invoker
	// Actions are the services that integrations can call, by their names in URIs, such as "states".
	Actions map[string]Actions
	Logs    *logs.Service
	Traces  xray.Traces
	Roles   *iam.Service
	// BaseURL returns the address of Handler, such as http://127.0.0.1:4567, once it listens.
	BaseURL func() string
}

// Limits of https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
const (
	accountRate  = 10_000 // requests per second
	accountBurst = 5_000
	maxBody      = 10 << 20 // bytes
)

// Service keeps the account's REST APIs and serves their stages.
type Service struct {
	wire.Name
	wire.REST
	Dependencies
	account *account.Account
	lines   *logs.Buffer[logs.Line] // of access logs
	limiter *rate.Limiter
	logRole atomic.Pointer[string] // ARN, the account's setting; nil for none

	mu           sync.RWMutex
	apis         map[string]*restAPI
	keys         map[string]*apiKey
	plans        map[string]*usagePlan
	members      map[string]*member // by PLAN/KEY
	accountOwner *AccountArgs       // of the resource that made the account's settings; nil for none
}

type restAPI struct {
	id          string
	inputs      RestAPIArgs
	created     time.Time
	definition  *definition
	deployments map[string]*deployment
	stages      map[string]*stage
}

type deployment struct {
	id         string
	inputs     DeploymentArgs
	created    time.Time
	definition *definition
}

// New returns a service without APIs.
func New(a *account.Account, d Dependencies) *Service {
	s := &Service{
		Dependencies: d, Name: "apigateway", account: a, lines: d.Logs.Lines(), limiter: rate.NewLimiter(accountRate, accountBurst),
		apis: map[string]*restAPI{},
		keys: map[string]*apiKey{}, plans: map[string]*usagePlan{}, members: map[string]*member{},
	}
	s.operations()
	return s
}

// Close writes the access logs that wait to be written. Later requests are not logged.
func (s *Service) Close() error {
	s.lines.Close()
	return nil
}

// api returns an API. The caller holds the lock.
func (s *Service) api(id string) (*restAPI, error) {
	return wire.Found(s.apis[id], notFound("Invalid API identifier specified %s:%s", account.ID, id))
}

func (a *restAPI) stage(name string) (*stage, error) {
	return wire.Found(a.stages[name], notFound("Invalid stage identifier specified"))
}

// plan returns a usage plan. The caller holds the lock.
func (s *Service) plan(id string) (*usagePlan, error) {
	return wire.Found(s.plans[id], notFound("Invalid Usage Plan ID specified"))
}

// key returns an API key. The caller holds the lock.
func (s *Service) key(id string) (*apiKey, error) {
	return wire.Found(s.keys[id], notFound("Invalid API Key identifier specified"))
}

// principal is API Gateway itself, for resource policies and trust policies.
var principal = policy.ServicePrincipal("apigateway.amazonaws.com")

// assume starts a session of a role. Nobody uses its access key, which is therefore revoked at once.
func (s *Service) assume(role string) (policy.Principal, error) {
	p, credentials, err := s.Roles.AssumeRole(principal.Service, role, "BackplaneAssumeRoleSession", nil)
	if err == nil {
		s.Roles.Revoke(credentials.AccessKeyID)
	}
	return p, err
}

// arn names a resource of the management API. It has no account in it.
func arn(path string) string { return "arn:aws:apigateway:" + account.Region + "::" + path }

func executionARN(path string) string { return account.ARN("execute-api", path) }

func newID(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // crypto/rand does not fail
	return strings.ToLower(base32.StdEncoding.EncodeToString(b))[:n]
}

var errNoLogRole = badRequest("CloudWatch Logs role ARN must be set in account settings to enable logging")

func badRequest(format string, args ...any) error {
	return wire.Errorf(http.StatusBadRequest, "BadRequestException", format, args...)
}

func notFound(format string, args ...any) error {
	return wire.Errorf(http.StatusNotFound, "NotFoundException", format, args...)
}
