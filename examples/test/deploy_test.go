// Package test deploys the examples to embedded clouds of their own, and uses them from outside.
//
// It needs what `make cli yaml plugin examples-local` makes.
package test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/jonboulle/clockwork"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local"
	"github.com/order-patterns/order-patterns/local/stack"
)

// deployment is an example on a cloud of its own.
type deployment[O any] struct {
	outputs O
	aws     aws.Config
	stack   *stack.Stack
}

// deploy deploys the program in a folder of the examples, and reads its outputs. The end of the test destroys it.
func deploy[O any](t *testing.T, program string) *deployment[O] {
	t.Helper()
	project, err := filepath.Abs(filepath.Join("..", program))
	require.NoError(t, err)
	tools, err := filepath.Abs("../../.tools/bin")
	require.NoError(t, err)
	t.Setenv("PATH", os.Getenv("PATH")+string(os.PathListSeparator)+tools)
	// The plugin extracts zips into the cache of the user. Go's build cache is there too, and stays the same: a program that is compiled
	// with an empty one takes minutes.
	built, err := exec.Command("go", "env", "GOCACHE").Output()
	require.NoError(t, err)
	t.Setenv("GOCACHE", strings.TrimSpace(string(built)))
	t.Setenv("XDG_CACHE_HOME", t.TempDir())

	var log bytes.Buffer
	cloud, err := local.Start(local.Options{Clock: clockwork.NewRealClock(), Dir: t.TempDir(), Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, cloud.Close()) })
	d := &deployment[O]{
		stack: &stack.Stack{Project: project, Home: t.TempDir(), ProviderPort: cloud.ProviderPort, Log: &log},
		aws: aws.Config{
			Region: "us-east-1", BaseEndpoint: &cloud.Endpoint,
			Credentials: credentials.NewStaticCredentialsProvider(cloud.Admin.AccessKeyID, cloud.Admin.SecretAccessKey, ""),
		},
	}
	t.Cleanup(func() {
		require.NoError(t, d.stack.Destroy(context.Background()))
		if t.Failed() {
			t.Log(log.String())
		}
	})
	require.NoError(t, d.stack.Preview(t.Context(), nil, false), "nothing is known yet of the bucket and the table")
	require.NoError(t, d.stack.Up(t.Context(), nil))
	text, err := d.stack.Outputs(t.Context())
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &d.outputs))
	return d
}

// call sends a request with a JSON body, none if it is nil, and returns the answer's status and body.
func call(t *testing.T, method, url string, body any) (int, map[string]any) {
	t.Helper()
	var sent bytes.Buffer
	if body != nil {
		require.NoError(t, json.NewEncoder(&sent).Encode(body))
	}
	request, err := http.NewRequestWithContext(t.Context(), method, url, &sent)
	require.NoError(t, err)
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	var answer map[string]any
	require.NoError(t, json.NewDecoder(response.Body).Decode(&answer))
	return response.StatusCode, answer
}

// eventually waits until the condition holds.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	require.Eventually(t, condition, time.Minute, 100*time.Millisecond, what)
}
