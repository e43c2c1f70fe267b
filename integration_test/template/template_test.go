// Package template tests what `pulumi new` makes of the templates.
package template

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/internal/moduleproxy"
)

// A project that `pulumi new` makes of the template works on the embedded cloud, by the commands of its README, without a checkout.
func TestTheTemplateMakesAProjectThatWorks(t *testing.T) {
	root, err := filepath.Abs(filepath.Join("..", ".."))
	require.NoError(t, err)
	moduleproxy.Serve(t, root)
	t.Setenv("PATH", os.Getenv("PATH")+string(os.PathListSeparator)+filepath.Join(root, ".tools", "bin"))
	t.Setenv("PULUMI_HOME", t.TempDir())
	t.Setenv("PULUMI_BACKEND_URL", "file://"+t.TempDir())
	t.Setenv("PULUMI_SKIP_UPDATE_CHECK", "1")
	t.Setenv("GOFLAGS", "-trimpath") // what was compiled before is used
	t.Setenv("GOWORK", "off")
	folder := filepath.Join(t.TempDir(), "hello")
	command := func(dir, name string, args ...string) []byte {
		t.Helper()
		began := time.Now()
		cmd := exec.CommandContext(t.Context(), name, args...)
		cmd.Dir = dir
		var errs bytes.Buffer
		cmd.Stderr = &errs
		out, err := cmd.Output()
		require.NoError(t, err, "%s %v: %s%s", name, args, out, &errs)
		t.Logf("%s %s took %.1f s", name, strings.Join(args, " "), time.Since(began).Seconds())
		return out
	}
	const packages, local = "github.com/order-patterns/order-patterns/packages", "github.com/order-patterns/order-patterns/local/cmd/local@" + moduleproxy.Version
	command(root, "pulumi", "new", filepath.Join(root, "templates", "fanout-go"), "--generate-only", "--yes", "--non-interactive",
		"--name", "hello", "--description", "Greetings", "--dir", folder)
	command(folder, "go", "mod", "tidy")
	command(folder, "go", "run", packages, "-arch", "local", "-o", "lambda/local", "./functions/...")
	t.Cleanup(func() {
		out, err := exec.Command("go", "run", "-C", folder, local, "down").CombinedOutput()
		require.NoError(t, err, string(out))
	})
	var outputs struct {
		URL       string `json:"url"`
		Functions map[string]struct {
			LogGroup string `json:"logGroup"`
		} `json:"functions"`
	}
	require.NoError(t, json.Unmarshal(command(folder, "go", "run", local, "up"), &outputs))

	post := func(body string) int {
		answer, err := http.Post(outputs.URL+"/greeting", "application/json", strings.NewReader(body))
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		return answer.StatusCode
	}
	require.Equal(t, http.StatusAccepted, post(`{"name":"Ada"}`))
	require.Equal(t, http.StatusBadRequest, post(`{"nam":"Ada"}`))
	env := exports(string(command(folder, "go", "run", local, "env")))
	logs := cloudwatchlogs.New(cloudwatchlogs.Options{
		Region: env["AWS_REGION"], BaseEndpoint: aws.String(env["AWS_ENDPOINT_URL"]),
		Credentials: credentials.NewStaticCredentialsProvider(env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"], env["AWS_SESSION_TOKEN"]),
	})
	require.EventuallyWithT(t, func(t *assert.CollectT) {
		lines, err := logs.FilterLogEvents(context.Background(), &cloudwatchlogs.FilterLogEventsInput{LogGroupName: aws.String(outputs.Functions["greet"].LogGroup)})
		require.NoError(t, err)
		var text strings.Builder
		for _, line := range lines.Events {
			text.WriteString(*line.Message)
		}
		require.Contains(t, text.String(), `"name":"Ada"`)
	}, 30*time.Second, 100*time.Millisecond)
}

// exports are the variables of lines such as export AWS_REGION='us-east-1'.
func exports(text string) map[string]string {
	variables := map[string]string{}
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimPrefix(line, "export "), "=")
		variables[name] = strings.Trim(strings.TrimSpace(value), `'"`)
	}
	return variables
}
