// Package apigateway is the embedded cloud's Amazon API Gateway, as far as REST APIs go that are described by an
// OpenAPI 3.0 document. Such an API is kept as AWS keeps it: the document is imported, a deployment is a snapshot of
// it, a stage serves one deployment.
//
// Requests come to Handler, at /API/STAGE/PATH, which stands for https://API.execute-api.REGION.amazonaws.com/STAGE/PATH.
// They are routed, throttled, by API keys and usage plans too, validated against the document's parameters and schemas, and passed to a Lambda function
// or to an action of an AWS service, by mapping templates, or answered by a mock. What API Gateway answers by itself are
// gateway responses, which the document can word.
//
// What a document says and this package does not implement is refused, by name, when it is imported: authorizers,
// security of the whole document, which API Gateway ignores, other integration types and services, what mapping templates rarely use, caches, canaries, custom
// domains, compression. It deviates from AWS in these ways:
//   - a role for integrations that API Gateway cannot assume is refused when the document is imported, not only at a request;
//   - execution logs (loggingLevel) go to the embedded cloud's own log, and there are no metrics;
//   - minItems and maxItems are validated, which AWS leaves out for imported models;
//   - throttles and quotas are exact, where AWS does its best; weeks of quotas begin on Sunday; GetUsage is not there;
//   - X-Forwarded-Proto is http, and the domain name is the address that the cloud listens on.
package apigateway

import (
	"context"
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

// Functions are what proxy integrations invoke. Invoke must return when its context ends.
type Functions interface {
	Invoke(ctx context.Context, in lambda.Invocation) (lambda.Result, error)
}

// Logs take access logs.
type Logs interface {
	Put(ctx context.Context, p policy.Principal, group, stream string, events []logs.Event) error
}

// Tracer takes the segments of stages, and decides which requests are traced.
type Tracer interface {
	Sample(incoming string) xray.Header
	Put(ctx context.Context, p policy.Principal, segments ...xray.Segment) error
}

// Roles has the role with which access logs are written.
type Roles interface {
	AssumeRole(service, roleARN, session string, keys map[string]string) (policy.Principal, iam.Credentials, error)
	Revoke(accessKey string)
	RoleExists(roleARN string) bool
}

// Limits of https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
const (
	accountRate  = 10_000 // requests per second
	accountBurst = 5_000
	maxBody      = 10 << 20 // bytes
	maxHeaders   = 10_240   // bytes of the request line and all headers
)

// Service keeps the account's REST APIs and serves their stages.
type Service struct {
	account   *account.Account
	functions Functions
	logs      Logs
	tracer    Tracer
	roles     Roles
	baseURL   func() string
	actions   map[string]Actions
	limiter   *rate.Limiter
	rest      wire.REST

	logRole atomic.Pointer[string] // ARN, the account's setting; nil for none

	mu   sync.RWMutex
	apis map[string]*restAPI
	// keys are the account's API keys, by id and by value.
	keys, keyValues map[string]*apiKey
	plans           map[string]*usagePlan
	// owned are the account settings as a resource made them; nil if none did.
	owned *AccountArgs
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

// New returns a service without APIs. baseURL tells where Handler listens, such as http://127.0.0.1:4567, once it does.
// actions are the services that integrations can call, by the names that they have in URIs, such as "states".
func New(a *account.Account, functions Functions, logs Logs, tracer Tracer, roles Roles, baseURL func() string, actions map[string]Actions) *Service {
	s := &Service{
		account: a, functions: functions, logs: logs, tracer: tracer, roles: roles, baseURL: baseURL, actions: actions,
		limiter: rate.NewLimiter(accountRate, accountBurst), apis: map[string]*restAPI{},
		keys: map[string]*apiKey{}, keyValues: map[string]*apiKey{}, plans: map[string]*usagePlan{},
	}
	s.operations()
	s.usageOperations()
	return s
}

// Close writes the access logs that wait to be written. Requests that come later are not logged.
func (s *Service) Close() {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, api := range s.apis {
		for _, st := range api.stages {
			st.live.log.close()
		}
	}
}

// Throttled is the error of a caller of the API that manages APIs who calls too often.
func Throttled() error {
	return wire.Errorf(http.StatusTooManyRequests, "TooManyRequestsException", "Too Many Requests")
}

func notFound(format string, args ...any) error {
	return wire.Errorf(http.StatusNotFound, "NotFoundException", format, args...)
}

func conflict(format string, args ...any) error {
	return wire.Errorf(http.StatusConflict, "ConflictException", format, args...)
}

func limitExceeded(format string, args ...any) error {
	return wire.Errorf(http.StatusTooManyRequests, "LimitExceededException", format, args...)
}

// api returns an API or the error that AWS gives. The caller holds the lock.
func (s *Service) api(id string) (*restAPI, error) {
	if api := s.apis[id]; api != nil {
		return api, nil
	}
	return nil, notFound("Invalid API identifier specified %s:%s", account.ID, id)
}

func (a *restAPI) deployment(id string) (*deployment, error) {
	if d := a.deployments[id]; d != nil {
		return d, nil
	}
	return nil, notFound("Invalid Deployment identifier specified")
}

func (a *restAPI) stage(name string) (*stage, error) {
	if st := a.stages[name]; st != nil {
		return st, nil
	}
	return nil, notFound("Invalid stage identifier specified")
}

// arn names a resource of the API that manages APIs, which has no account in it.
func arn(path string) string { return "arn:aws:apigateway:" + account.Region + "::" + path }

func executionARN(path string) string { return account.ARN("execute-api", path) }

func (s *Service) invokeURL(apiID, stage string) string {
	return s.baseURL() + "/" + apiID + "/" + stage
}

// newID makes an identifier of lower-case letters and digits.
func newID(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // crypto/rand does not fail
	return strings.ToLower(base32.StdEncoding.EncodeToString(b))[:n]
}
