package integration_test

import (
	"testing"

	"github.com/order-patterns/order-patterns/local"
)

// outputs are the stack's outputs: one object for each deployed pattern.
type outputs struct {
	FanOut       *fanOutOutputs       `json:"fanout"`
	Orchestrator *orchestratorOutputs `json:"orchestrator"`
	EventStream  *eventStreamOutputs  `json:"eventstream"`
	Checker      *checkerOutputs      `json:"checker"`
}

type fanOutOutputs struct {
	URL                   string              `json:"url"`
	TopicARN              string              `json:"topicArn"`
	TableName             string              `json:"tableName"`
	BucketName            string              `json:"bucketName"`
	StoreQueueURL         string              `json:"storeQueueUrl"`
	StoreDeadLettersURL   string              `json:"storeDeadLettersUrl"`
	InvoiceQueueURL       string              `json:"invoiceQueueUrl"`
	InvoiceDeadLettersURL string              `json:"invoiceDeadLettersUrl"`
	AccessLogGroup        string              `json:"accessLogGroup"`
	Functions             map[string]function `json:"functions"`
}

func (f *fanOutOutputs) queues() []string { return []string{f.StoreQueueURL, f.InvoiceQueueURL} }

func (f *fanOutOutputs) deadLetterQueues() []string {
	return []string{f.StoreDeadLettersURL, f.InvoiceDeadLettersURL}
}

type orchestratorOutputs struct {
	URL             string              `json:"url"`
	StateMachineARN string              `json:"stateMachineArn"`
	FailureQueueURL string              `json:"failureQueueUrl"`
	ExecutionLogs   string              `json:"executionLogs"`
	MachineRoleName string              `json:"machineRoleName"`
	TopicARN        string              `json:"topicArn"`
	TableName       string              `json:"tableName"`
	BucketName      string              `json:"bucketName"`
	AccessLogGroup  string              `json:"accessLogGroup"`
	APIRoleNames    []string            `json:"apiRoleNames"`
	Functions       map[string]function `json:"functions"`
}

type eventStreamOutputs struct {
	URL                string              `json:"url"`
	StreamName         string              `json:"streamName"`
	StreamARN          string              `json:"streamArn"`
	TableName          string              `json:"tableName"`
	BucketName         string              `json:"bucketName"`
	AccessLogGroup     string              `json:"accessLogGroup"`
	ProjectFailuresURL string              `json:"projectFailuresUrl"`
	InvoiceFailuresURL string              `json:"invoiceFailuresUrl"`
	Functions          map[string]function `json:"functions"`
}

func (e *eventStreamOutputs) failureQueues() []string {
	return []string{e.ProjectFailuresURL, e.InvoiceFailuresURL}
}

type checkerOutputs struct {
	URL                    string              `json:"url"`
	APIKey                 string              `json:"apiKey"`
	TopicARN               string              `json:"topicArn"`
	OrdersTableName        string              `json:"ordersTableName"`
	AccountsTableName      string              `json:"accountsTableName"`
	StockTableName         string              `json:"stockTableName"`
	BalanceQueueURL        string              `json:"balanceQueueUrl"`
	BalanceDeadLettersURL  string              `json:"balanceDeadLettersUrl"`
	StockQueueURL          string              `json:"stockQueueUrl"`
	StockDeadLettersURL    string              `json:"stockDeadLettersUrl"`
	UpdateQueueURL         string              `json:"updateQueueUrl"`
	UpdateDeadLettersURL   string              `json:"updateDeadLettersUrl"`
	OutboxQueueURL         string              `json:"outboxQueueUrl"`
	OutboxDeadLettersURL   string              `json:"outboxDeadLettersUrl"`
	AccessLogGroup         string              `json:"accessLogGroup"`
	ShipFailuresURL        string              `json:"shipFailuresUrl"`
	CheckerQueueURLs       map[string]string   `json:"checkerQueueUrls"`
	CheckerDeadLettersURLs map[string]string   `json:"checkerDeadLettersUrls"`
	CollectQueueURL        string              `json:"collectQueueUrl"`
	CollectDeadLettersURL  string              `json:"collectDeadLettersUrl"`
	FinishFailuresURL      string              `json:"finishFailuresUrl"`
	Functions              map[string]function `json:"functions"`
}

// queues are all queues but the outbox, whose messages are delayed.
func (c *checkerOutputs) queues() []string {
	return []string{c.BalanceQueueURL, c.StockQueueURL, c.UpdateQueueURL}
}

func (c *checkerOutputs) failureQueues() []string {
	return []string{c.BalanceDeadLettersURL, c.StockDeadLettersURL, c.UpdateDeadLettersURL, c.OutboxDeadLettersURL, c.ShipFailuresURL}
}

type function struct {
	Name     string `json:"name"`
	LogGroup string `json:"logGroup"`
	RoleName string `json:"roleName"`
}

// functions returns the functions of all patterns. Its keys have no meaning.
func (o *outputs) functions() map[string]function {
	all := map[string]function{}
	add := func(functions map[string]function) {
		for _, f := range functions {
			all[f.Name] = f
		}
	}
	if o.FanOut != nil {
		add(o.FanOut.Functions)
	}
	if o.Orchestrator != nil {
		add(o.Orchestrator.Functions)
	}
	if o.EventStream != nil {
		add(o.EventStream.Functions)
	}
	if o.Checker != nil {
		add(o.Checker.Functions)
	}
	return all
}

// skipUnless skips a test if what it needs is not available.
func skipUnless(t *testing.T, available bool, what string) {
	t.Helper()
	if !available {
		t.Skip("this test needs " + what)
	}
}

// embedded returns the embedded cloud, or skips a test that needs its controls.
func embedded(t *testing.T) *local.Cloud {
	t.Helper()
	skipUnless(t, deployment.cloud != nil, "the controls of an embedded cloud")
	return deployment.cloud
}

// fanOut, orchestrator, eventStream and checkerPattern return the outputs of a pattern, or skip a test of a pattern that
// is not deployed.
func fanOut(t *testing.T) *fanOutOutputs {
	t.Helper()
	skipUnless(t, deployment.outputs.FanOut != nil, "the pattern fanout")
	return deployment.outputs.FanOut
}

func orchestrator(t *testing.T) *orchestratorOutputs {
	t.Helper()
	skipUnless(t, deployment.outputs.Orchestrator != nil, "the pattern orchestrator")
	return deployment.outputs.Orchestrator
}

func eventStream(t *testing.T) *eventStreamOutputs {
	t.Helper()
	skipUnless(t, deployment.outputs.EventStream != nil, "the pattern eventstream")
	return deployment.outputs.EventStream
}

func checkerPattern(t *testing.T) *checkerOutputs {
	t.Helper()
	skipUnless(t, deployment.outputs.Checker != nil, "the pattern checker")
	return deployment.outputs.Checker
}
