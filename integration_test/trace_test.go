package integration_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/xray"
	"github.com/stretchr/testify/require"
)

// span is a segment or subsegment of a trace.
type span struct {
	TraceID     string `json:"trace_id"`
	ID          string
	ParentID    string `json:"parent_id"`
	Name        string
	Origin      string
	Namespace   string
	Error       bool
	Fault       bool
	Annotations map[string]any
	Metadata    map[string]map[string]any
	AWS         struct{ Operation string }
	Links       []struct {
		TraceID string `json:"trace_id"`
		ID      string
	}
	Subsegments []span
}

// newTrace returns the id of a trace, and the header by which a client has its request traced under this id.
func newTrace() (id string, header []string) {
	id = fmt.Sprintf("1-%08x-%016x%08x", now().Unix(), rand.Uint64(), rand.Uint32())
	return id, []string{"X-Amzn-Trace-Id", "Root=" + id + ";Sampled=1"}
}

// tracesWith returns the ids of the traces of the last hour that a filter expression selects.
func tracesWith(t *testing.T, filter string) (ids []string) {
	t.Helper()
	pages := xray.NewGetTraceSummariesPaginator(xrayClient(t), &xray.GetTraceSummariesInput{
		StartTime: aws.Time(now().Add(-time.Hour)), EndTime: aws.Time(now().Add(time.Minute)), FilterExpression: &filter,
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		require.NoError(t, err)
		for _, s := range page.TraceSummaries {
			ids = append(ids, *s.Id)
		}
	}
	return ids
}

// readTrace returns the spans of a trace, those within others too.
func readTrace(t *testing.T, id string) (spans []span) {
	t.Helper()
	out, err := xrayClient(t).BatchGetTraces(t.Context(), &xray.BatchGetTracesInput{TraceIds: []string{id}})
	require.NoError(t, err)
	var add func(s span, parent string)
	add = func(s span, parent string) {
		s.ParentID = cmp.Or(s.ParentID, parent)
		spans = append(spans, s)
		for _, inner := range s.Subsegments {
			add(inner, s.ID)
		}
	}
	for _, trace := range out.Traces {
		for _, segment := range trace.Segments {
			var s span
			require.NoError(t, json.Unmarshal([]byte(*segment.Document), &s), *segment.Document)
			add(s, "")
		}
	}
	return spans
}

// tree renders the spans of a trace as text, each indented below its parent. Equal subtrees below one parent are rendered once: a
// call may be repeated. A span whose parent is not in the trace is below "(unknown)".
func tree(spans []span, label func(span) string) string {
	children := map[string][]span{}
	known := map[string]bool{"": true}
	for _, s := range spans {
		known[s.ID] = true
	}
	for _, s := range spans {
		if !known[s.ParentID] {
			s.ParentID, s.Name = "", "(unknown) "+s.Name
		}
		children[s.ParentID] = append(children[s.ParentID], s)
	}
	var render func(parent, indent string) string
	render = func(parent, indent string) string {
		var texts []string
		for _, s := range children[parent] {
			texts = append(texts, indent+label(s)+"\n"+render(s.ID, indent+"  "))
		}
		slices.Sort(texts)
		return strings.Join(slices.Compact(texts), "")
	}
	return render("", "")
}

// labels names spans: functions as their zips are named, AWS calls by service and operation, and what became of an order.
func labels(functions map[string]function) func(span) string {
	names := map[string]string{}
	for zip, fn := range functions {
		names[fn.Name] = zip
	}
	return func(s span) string {
		label := s.Name
		switch {
		case s.Namespace == "aws":
			label += "." + s.AWS.Operation
		case s.Origin == "AWS::Lambda::Function":
			label = names[s.Name]
		case strings.HasPrefix(s.Origin, "AWS::"):
			label = strings.TrimPrefix(s.Origin, "AWS::")
		}
		if outcome := s.Annotations["outcome"]; outcome != nil {
			label += fmt.Sprintf(": %s", outcome)
		}
		return label
	}
}

// requireTrace waits until the trace of an order is one of the wanted, and asserts that the annotation of the order's id finds it and no
// other, and that nothing in it failed.
func requireTrace(t *testing.T, id, orderID string, label func(span) string, want ...string) {
	t.Helper()
	var spans []span
	got := ""
	_ = wait{step: 200 * time.Millisecond}.until("the trace is complete", func() (bool, error) {
		spans = readTrace(t, id)
		got = tree(spans, label)
		return slices.Contains(want, got), nil
	})
	if !slices.Contains(want, got) {
		require.Equal(t, want[0], got)
	}
	require.Equal(t, []string{id}, tracesWith(t, fmt.Sprintf("annotation.orderId = %q", orderID)))
	for _, s := range spans {
		// An update may lose against another one, and is then repeated.
		require.False(t, s.Fault || s.Error && s.Name != "DynamoDB", "%+v", s)
		if s.Annotations["outcome"] != nil {
			require.Equal(t, orderID, s.Annotations["orderId"], s.Name)
			requireSaysWhatItIsAbout(t, s)
		}
	}
}

// requireSaysWhatItIsAbout asserts that a span of an order has the annotations and metadata that docs/operations.md names, and nothing else
// of the order: a trace holds ids, and no data of a customer.
func requireSaysWhatItIsAbout(t *testing.T, s span) {
	t.Helper()
	who := []string{"accountId", "vendorId"}
	if s.Annotations["pattern"] == "checker" {
		who = []string{"customerId"}
	}
	require.ElementsMatch(t, append(who, "orderId", "pattern", "outcome"), slices.Collect(maps.Keys(s.Annotations)), s.Name)
	metadata := slices.Collect(maps.Keys(s.Metadata["default"]))
	require.Subset(t, metadata, []string{"function", "memory", "coldStart", "requestId"}, s.Name)
	require.Subset(t, []string{"function", "memory", "coldStart", "requestId", "attempt", "batchSize", "invocationTrace"}, metadata, s.Name)
	if s.Metadata["default"]["invocationTrace"] != nil { // it handled a batch
		require.Contains(t, metadata, "batchSize", s.Name)
	}
	require.LessOrEqual(t, len(s.Metadata), 1, s.Name)
}

// requireLinked asserts that the invocation with a batch has a trace of its own, which is linked to the order's trace.
func requireLinked(t *testing.T, id string, fn function) {
	t.Helper()
	for _, other := range tracesWith(t, fmt.Sprintf("service(%q)", fn.Name)) {
		for _, s := range readTrace(t, other) {
			for _, l := range s.Links {
				if l.TraceID == id {
					require.NotEqual(t, id, other)
					return
				}
			}
		}
	}
	require.Fail(t, "no trace of "+fn.Name+" is linked to the order's")
}

func TestFanOutTrace(t *testing.T) {
	f := fanOut(t)
	id, header := newTrace()
	orderID := place(t, f.URL, newOrder(newAccount(), "v0", time.Now()), header...)
	requireTrace(t, id, orderID, labels(f.Functions), `ApiGateway::Stage
  Lambda
    publish-order
      publish order: accepted
        SNS.Publish
          SNS::Topic
            store-order: stored
              DynamoDB.PutItem
                DynamoDB::Table
            write-invoice: invoiced
              S3.PutObject
                S3
`)
	requireLinked(t, id, f.Functions["store-order"])
	requireLinked(t, id, f.Functions["write-invoice"])
	requireStory(t, id, orderID, f.Functions, f.AccessLogGroup, "publish-order", "store-order", "write-invoice")
}

func TestOrchestratorTrace(t *testing.T) {
	o := orchestrator(t)
	id, header := newTrace()
	orderID := place(t, o.URL, newOrder(newAccount(), "v0", time.Now()), header...)
	requireTrace(t, id, orderID, labels(o.Functions), `ApiGateway::Stage
  StepFunctions::StateMachine
    Lambda
      store-order-task
        store order: stored
          DynamoDB.PutItem
            DynamoDB::Table
    Lambda
      write-invoice-task
        write invoice: invoiced
          S3.PutObject
            S3
    SNS::Topic
`)
	requireStory(t, id, orderID, o.Functions, o.AccessLogGroup, "store-order-task", "write-invoice-task")
}

func TestEventStreamTrace(t *testing.T) {
	e := eventStream(t)
	id, header := newTrace()
	orderID := place(t, e.URL, newOrder(newAccount(), "v0", time.Now()), header...)
	requireTrace(t, id, orderID, labels(e.Functions), `ApiGateway::Stage
  Lambda
    append-order
      append order: accepted
        Kinesis.PutRecord
          Kinesis
        invoice-order: invoiced
          S3.PutObject
            S3
        project-order: stored
          DynamoDB.PutItem
            DynamoDB::Table
`)
	requireStory(t, id, orderID, e.Functions, e.AccessLogGroup, "append-order", "invoice-order", "project-order")
}

// TestCheckerTrace does not say which of the two checks has its finding applied last, and so lets the order be shipped.
func TestCheckerTrace(t *testing.T) {
	c := checkerPattern(t)
	customer, product := c.newCustomerAndProduct(t, "100", 10)
	id, header := newTrace()
	orderID := c.placeOrder(t, checkerOrder(customer, product, 1, "1"), header...)
	c.waitForDecision(t, orderID)
	ships, waits := `
                update-order: ready
                  DynamoDB.UpdateItem
                    DynamoDB::Table
                  Lambda.Invoke
                    Lambda
                      ship-order
                        ship order: shipped
                          DynamoDB.GetItem
                            DynamoDB::Table
                          DynamoDB.TransactWriteItems
                            DynamoDB`, `
                update-order: applied
                  DynamoDB.UpdateItem
                    DynamoDB::Table`
	want := func(balance, stock string) string {
		return `ApiGateway::Stage
  Lambda
    capture-order
      capture orders: accepted
        DynamoDB.PutItem
          DynamoDB::Table
        SNS.Publish
          SNS::Topic
            check-balance: sufficient
              DynamoDB.GetItem
                DynamoDB::Table
              SQS.SendMessage` + balance + `
            check-stock: sufficient
              DynamoDB.BatchGetItem
                DynamoDB
              SQS.SendMessage` + stock + `
        SQS.SendMessage
          relay-order: decided
            DynamoDB.GetItem
              DynamoDB::Table
`
	}
	requireTrace(t, id, orderID, labels(c.Functions), want(ships, waits), want(waits, ships))
	for _, name := range []string{"check-balance", "check-stock", "update-order", "relay-order"} {
		requireLinked(t, id, c.Functions[name])
	}
	requireStory(t, id, orderID, c.Functions, c.AccessLogGroup,
		"capture-order", "check-balance", "check-stock", "update-order", "ship-order", "relay-order")
}
