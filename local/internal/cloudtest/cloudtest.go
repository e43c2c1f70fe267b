// Package cloudtest puts services of the embedded cloud behind a real endpoint and a real provider, for their tests.
package cloudtest

import (
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"
	"github.com/google/uuid"
	"github.com/jonboulle/clockwork"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/iam"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/provider"
	"github.com/order-patterns/order-patterns/local/wire"
)

// Engine deploys resources one by one, as the Pulumi engine does for a program.
type Engine struct {
	Provider *provider.Server
	Account  *account.Account
	IAM      *iam.Service
	// Name is the logical name of resources, from which physical names are made.
	Name string
}

// Cloud is an embedded cloud with some services.
type Cloud struct {
	Engine
	// Clock stands still at the time at which the test began.
	Clock *clockwork.FakeClock
	// Admin is the configuration of an SDK client that may do everything, and does not retry.
	Admin aws.Config
}

// New makes an account; Serve then starts its endpoint.
func New() *Cloud {
	clock := clockwork.NewFakeClockAt(clockwork.NewRealClock().Now())
	a := account.New(clock, slog.New(slog.NewTextHandler(io.Discard, nil)))
	return &Cloud{Engine: Engine{Account: a, IAM: iam.New(a), Name: "Logical"}, Clock: clock}
}

// Serve starts the endpoint of services, which use the cloud's account.
func (c *Cloud) Serve(t testing.TB, services ...wire.Service) {
	t.Helper()
	kinds := c.IAM.Kinds()
	for _, s := range services {
		if s, ok := s.(interface{ Kinds() []provider.Kind }); ok {
			kinds = append(kinds, s.Kinds()...)
		}
	}
	c.Provider = provider.New(account.Region, kinds, nil)
	server := httptest.NewServer(wire.NewServer(c.Account, c.IAM, services...))
	t.Cleanup(server.Close)
	c.Account.SetEndpoint(server.URL)
	c.Admin = Config(c.IAM.AddAdministrator("test"), server.URL)
}

// Role makes a role with an inline policy, and returns a session of it and the configuration of its SDK clients, which
// do not retry.
func (c *Cloud) Role(t testing.TB, name, document string) (policy.Principal, aws.Config) {
	t.Helper()
	p, creds := c.Session(t, name, document)
	return p, Config(creds, c.Account.Endpoint())
}

// Session makes a role with an inline policy, and starts a session of it for Lambda.
func (e *Engine) Session(t testing.TB, name, document string) (policy.Principal, iam.Credentials) {
	t.Helper()
	e.MustDeploy(t, "aws:iam/role:Role", map[string]any{"name": name, "assumeRolePolicy": `{"Version":"2012-10-17","Statement":
		[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`})
	e.MustDeploy(t, "aws:iam/rolePolicy:RolePolicy", map[string]any{"name": "inline", "role": name, "policy": document})
	p, creds, err := e.IAM.AssumeRole("lambda.amazonaws.com", account.GlobalARN("iam", "role/"+name), "session", nil)
	require.NoError(t, err)
	return p, creds
}

func urn(kind string) string { return "urn:pulumi:test::project::" + kind + "::Logical" }

// Check returns the provider's check of a resource's inputs.
func (e *Engine) Check(t testing.TB, kind string, inputs map[string]any) *pulumirpc.CheckResponse {
	t.Helper()
	news, err := plugin.MarshalProperties(resource.NewPropertyMapFromMap(inputs), plugin.MarshalOptions{KeepUnknowns: true})
	require.NoError(t, err)
	out, err := e.Provider.Check(t.Context(), &pulumirpc.CheckRequest{
		Urn: urn(kind), Name: e.Name, News: news, RandomSeed: []byte(uuid.NewString()),
	})
	require.NoError(t, err)
	return out
}

// Deploy checks and creates a resource as the Pulumi engine does, and returns its id and state.
func (e *Engine) Deploy(t testing.TB, kind string, inputs map[string]any) (string, map[string]any, error) {
	t.Helper()
	checked := e.Check(t, kind, inputs)
	require.Empty(t, checked.GetFailures())
	out, err := e.Provider.Create(t.Context(), &pulumirpc.CreateRequest{Urn: urn(kind), Properties: checked.GetInputs()})
	if err != nil {
		return "", nil, err
	}
	return out.GetId(), out.GetProperties().AsMap(), nil
}

// MustDeploy is Deploy without an error.
func (e *Engine) MustDeploy(t testing.TB, kind string, inputs map[string]any) (id string, state map[string]any) {
	t.Helper()
	id, state, err := e.Deploy(t, kind, inputs)
	require.NoError(t, err)
	return id, state
}

// Update changes a resource in place.
func (e *Engine) Update(t testing.TB, kind, id string, inputs map[string]any) error {
	t.Helper()
	_, err := e.Provider.Update(t.Context(), &pulumirpc.UpdateRequest{Urn: urn(kind), Id: id, News: e.Check(t, kind, inputs).GetInputs()})
	return err
}

// Read returns the state of a resource, or nil if it is gone.
func (e *Engine) Read(t testing.TB, kind, id string) map[string]any {
	t.Helper()
	out, err := e.Provider.Read(t.Context(), &pulumirpc.ReadRequest{Urn: urn(kind), Id: id})
	require.NoError(t, err)
	if out.GetId() == "" {
		return nil
	}
	return out.GetProperties().AsMap()
}

// Delete removes a resource.
func (e *Engine) Delete(t testing.TB, kind, id string) error {
	t.Helper()
	_, err := e.Provider.Delete(t.Context(), &pulumirpc.DeleteRequest{Urn: urn(kind), Id: id})
	return err
}

// Refused asserts the code of an error that came over the wire, and returns its message.
func Refused(t testing.TB, err error, code string) string {
	t.Helper()
	var e smithy.APIError
	require.ErrorAs(t, err, &e)
	require.Equal(t, code, e.ErrorCode(), e.ErrorMessage())
	return e.ErrorMessage()
}

// Config is the configuration of SDK clients that sign with credentials, call an endpoint, and do not retry.
func Config(creds iam.Credentials, endpoint string) aws.Config {
	config := creds.Config(endpoint)
	config.RetryMaxAttempts = 1
	return config
}

// Metrics records the metrics of an account's services.
type Metrics struct {
	account *account.Account
	mu      sync.Mutex
	sums    map[string]float64
}

// RecordMetrics records what is published from now on, instead of CloudWatch.
func RecordMetrics(a *account.Account) *Metrics {
	m := &Metrics{account: a, sums: map[string]float64{}}
	a.Metrics = m
	return m
}

// Publish implements account.Metrics.
func (m *Metrics) Publish(_ time.Time, namespace string, dimensions map[string]string, values ...account.Value) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, v := range values {
		key := namespace + " " + v.Metric + " " + v.Unit
		for _, k := range slices.Sorted(maps.Keys(dimensions)) {
			key += fmt.Sprintf(" %s=%s", k, dimensions[k])
		}
		m.sums[key] += v.Value
	}
}

// Take returns the sums of what was published since the last call, and of the gauges, by "namespace metric unit name=value".
func (m *Metrics) Take() map[string]float64 {
	for _, gauge := range m.account.Gauges {
		gauge(m.account.Clock.Now(), func(namespace string, dimensions map[string]string, values ...account.Value) {
			m.Publish(time.Time{}, namespace, dimensions, values...)
		})
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	sums := m.sums
	m.sums = map[string]float64{}
	return sums
}
