package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// slowStack is what the experiment asks of AWS: the counts of the queues, and the units of the table.
type slowStack struct {
	mu      sync.Mutex
	units   int
	waiting []int // messages in the queue of store-order, at each look
	looks   int
	dead    int // dead letters, after the first look
}

func (s *slowStack) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var in struct{ QueueURL string }
	_ = json.NewDecoder(r.Body).Decode(&in)
	w.Header().Set("Content-Type", r.Header.Get("Content-Type"))
	if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".DescribeTable") {
		fmt.Fprintf(w, `{"Table":{"ProvisionedThroughput":{"ReadCapacityUnits":%d,"WriteCapacityUnits":%d}}}`, s.units, s.units)
		return
	}
	visible, held := 0, 0
	switch in.QueueURL {
	case "https://sqs/store":
		if s.looks < len(s.waiting) {
			visible = s.waiting[s.looks] / 3
			held = s.waiting[s.looks] - visible
		}
		s.looks++
	case "https://sqs/store-dead":
		if s.looks > 1 {
			visible = s.dead
		}
	}
	fmt.Fprintf(w, `{"Attributes":{"ApproximateNumberOfMessages":"%d","ApproximateNumberOfMessagesNotVisible":"%d"}}`, visible, held)
}

// experimentOn runs the experiment with 20 orders.
func experimentOn(t *testing.T, s *slowStack, args ...string) (string, error) {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": server.URL, "AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s", "AWS_PROFILE": "", "AWS_SESSION_TOKEN": "",
	} {
		t.Setenv(name, value)
	}
	project(t, `{"fanout":{"url":"`+newCoffeeAPI(t).api()+`","tableName":"orders","tableArn":"arn:aws:dynamodb:eu-west-1:123456789012:table/orders",
		"storeQueueUrl":"https://sqs/store","storeDeadLettersUrl":"https://sqs/store-dead",
		"invoiceQueueUrl":"https://sqs/invoice","invoiceDeadLettersUrl":"https://sqs/invoice-dead"}}`)
	out, _, err := orders(t, append([]string{"experiment", "-n", "20", "--every", "1ms"}, args...)...)
	return out, err
}

func TestTheExperimentPrintsWhatWaitsUntilAllIsStored(t *testing.T) {
	out, err := experimentOn(t, &slowStack{units: 5, waiting: []int{0, 17, 4, 0}})
	require.NoError(t, err)
	require.Regexp(t, `(?s)^the table stores 5 orders a second\n20 orders placed in .*`+
		`time +waiting +stored +invoiced +dead\n +\d+s +17 +3 +20 +0\n +\d+s +4 +16 +20 +0\n +\d+s +0 +20 +20 +0\n`+
		`20 accepted orders: 20 stored .*no dead letters\n$`, out)
}

func TestTheExperimentFailsWithADeadLetter(t *testing.T) {
	_, err := experimentOn(t, &slowStack{units: 5, dead: 1})
	require.EqualError(t, err, "1 messages are dead letters")
}

func TestTheExperimentNeedsAProvisionedTableAndEmptyQueues(t *testing.T) {
	_, err := experimentOn(t, &slowStack{})
	require.ErrorContains(t, err, "is on demand and stores all orders at once: deploy it with tableWriteUnits")
	_, err = experimentOn(t, &slowStack{units: 5, waiting: []int{3}})
	require.EqualError(t, err, "3 messages wait and 0 are dead letters already")
	_, err = experimentOn(t, &slowStack{units: 5}, "--pattern", "checker")
	require.ErrorContains(t, err, "experiment is for the pattern fanout")
	project(t, `{"checker":{"url":"http://h/prod"}}`)
	_, _, err = orders(t, "experiment")
	require.EqualError(t, err, "the stack does not run the pattern fanout")
}
