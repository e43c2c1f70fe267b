package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const machineARN = "arn:aws:states:eu-west-1:123456789012:stateMachine:orders"

// failedOrder is a cloud with one message in a failure queue, and returns what was started.
func failedOrder(t *testing.T) (url string, started *[]string) {
	t.Helper()
	started = new([]string)
	left := `{"Messages":[{"MessageId":"m1","ReceiptHandle":"r1","Body":"{\"input\":{\"body\":\"b\"},\"error\":\"StoreUnavailable\",\"execution\":\"e1\"}"}]}`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, action, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		switch action {
		case "ReceiveMessage":
			_, _ = io.WriteString(w, left)
		case "DeleteMessage":
			left = `{}`
			_, _ = io.WriteString(w, `{}`)
		case "StartExecution":
			var in struct{ StateMachineArn, Input string }
			_ = json.Unmarshal(body, &in)
			*started = append(*started, in.StateMachineArn+" "+in.Input)
			_, _ = io.WriteString(w, `{"executionArn":"e2","startDate":1}`)
		case "ListExecutions":
			_, _ = io.WriteString(w, `{"executions":[]}`)
		default:
			w.WriteHeader(400)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL, started
}

func TestRedriveStartsTheLocalStacksFailedOrdersAgain(t *testing.T) {
	url, started := failedOrder(t)
	dir := project(t, `{"orchestrator":{"failureQueueUrl":"`+url+`/123456789012/failures","stateMachineArn":"`+machineARN+`"}}`)
	t.Setenv("AWS_ENDPOINT_URL", "")
	state := `{"pid":1,"endpoint":"` + url + `","accessKeyId":"AKIALOCAL","secretAccessKey":"s"}`
	require.NoError(t, os.WriteFile(filepath.Join(dir, ".local", "cloud.json"), []byte(state), 0o600))
	out, _, err := orders(t, "redrive", "--unfinished")
	require.NoError(t, err)
	require.Equal(t, "started: e1 (StoreUnavailable) as e2\n1 orders started again, 0 executions redriven, 0 left\n", out)
	require.Equal(t, []string{machineARN + ` {"body":"b"}`}, *started)
}

func TestRedriveOnAWSTakesItsTargetFromFlags(t *testing.T) {
	url, started := failedOrder(t)
	t.Chdir(t.TempDir()) // there is no project
	t.Setenv("AWS_ENDPOINT_URL", url)
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAMINE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "s")
	_, _, err := orders(t, "redrive", "--queue-url", url+"/123456789012/failures", "--machine-arn", machineARN)
	require.NoError(t, err)
	require.Len(t, *started, 1)
}

func TestRedriveSaysWhatItNeeds(t *testing.T) {
	project(t, `{"fanout":{}}`)
	for want, args := range map[string][]string{
		"the local stack does not run the pattern orchestrator": {"redrive"},
		"--machine-arn must be like arn:aws:states:":            {"redrive", "--queue-url", "q", "--machine-arn", "m"},
		"[queue-url machine-arn]":                               {"redrive", "--queue-url", "q"},
		"redrive is for the pattern orchestrator":               {"redrive", "--pattern", "fanout"},
	} {
		_, _, err := orders(t, args...)
		require.ErrorContains(t, err, want)
	}
}
