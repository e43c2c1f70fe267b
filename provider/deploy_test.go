package provider_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local"
	"github.com/order-patterns/order-patterns/local/stack"
)

// deployment is a program that is deployed to an embedded cloud of its own.
type deployment struct {
	*stack.Stack
	cloud *local.Cloud
}

// brought are the zips that a program brings: some of ours, in files beside it.
var brought = regexp.MustCompile(`functions/([a-z-]+)\.zip`)

// program prepares the deployment of a program of testdata, and the zips of ours that it brings. The test's end destroys it.
func program(t *testing.T, name string) deployment {
	t.Helper()
	tools, err := filepath.Abs("../.tools/bin")
	require.NoError(t, err)
	for _, tool := range []string{"pulumi-resource-order-patterns", "pulumi-language-yaml"} {
		require.FileExists(t, filepath.Join(tools, tool), "run `make cli yaml plugin`")
	}
	t.Setenv("PATH", tools+string(os.PathListSeparator)+os.Getenv("PATH"))
	t.Setenv("XDG_CACHE_HOME", t.TempDir()) // where the plugin extracts zips

	project, home := t.TempDir(), t.TempDir()
	require.NoError(t, os.CopyFS(project, os.DirFS(filepath.Join("testdata", name))))
	text, err := os.ReadFile(filepath.Join(project, "Pulumi.yaml"))
	require.NoError(t, err)
	require.NoError(t, os.Mkdir(filepath.Join(project, "functions"), 0o755))
	for _, zip := range brought.FindAllSubmatch(text, -1) {
		content, err := os.ReadFile(filepath.Join("../build/local", string(zip[1])+".zip"))
		require.NoError(t, err, "run `make package-local`")
		require.NoError(t, os.WriteFile(filepath.Join(project, string(zip[0])), content, 0o600))
	}
	config, err := os.ReadFile("testdata/Pulumi.local.yaml")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(project, "Pulumi.local.yaml"), config, 0o600))

	cloud, err := local.Start(local.Options{
		Clock: clockwork.NewRealClock(), Dir: filepath.Join(home, "functions"), Log: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	d := deployment{&stack.Stack{Project: project, Home: home, ProviderPort: cloud.ProviderPort, Log: t.Output()}, cloud}
	t.Cleanup(func() {
		require.NoError(t, d.Destroy(context.Background()))
		require.NoError(t, cloud.Close())
	})
	return d
}

// up deploys, and returns the stack's outputs.
func (d deployment) up(t *testing.T) map[string]any {
	t.Helper()
	require.NoError(t, d.Up(t.Context(), nil))
	text, err := d.Outputs(t.Context())
	require.NoError(t, err)
	var outputs map[string]any
	require.NoError(t, json.Unmarshal(text, &outputs))
	return outputs
}

// place places an order, which must be accepted.
func place(t *testing.T, url, key, body string, status int) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Api-Key", key)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, status, response.StatusCode, string(text))
}

// coffee is the body of an order of coffee.
func coffee(account string) string {
	return fmt.Sprintf(`{"order": {"accountid": %q, "vendorid": "v0", "orderdate": %q, "city": "Delft", `+
		`"details": {"coffeetype": "latte", "coffeesize": "M", "unitprice": "3.5", "quantity": 1}}}`, account, time.Now().UTC().Format(time.RFC3339))
}

// stored waits until an order of coffee is stored and has an invoice.
func stored(t *testing.T, url, account string) {
	t.Helper()
	answers(t, url+"/order?accountid="+account+"&vendorid=v0")
	answers(t, url+"/invoice?accountid="+account)
}

// answers waits until a request is answered with 200.
func answers(t *testing.T, url string) {
	t.Helper()
	require.Eventually(t, func() bool {
		response, err := http.Get(url)
		if err != nil {
			return false
		}
		response.Body.Close()
		return response.StatusCode == http.StatusOK
	}, time.Minute, 100*time.Millisecond, url)
}

// The second FanOut runs functions that the program brings.
func TestFanOutInYAML(t *testing.T) {
	outputs := program(t, "fanout").up(t)
	require.Regexp(t, "^shop-store-order-", outputs["store"])
	require.Regexp(t, "^yaml-fanout-local-traces", outputs["policy"])
	url := outputs["url"].(string)
	place(t, url+"/order", "", coffee("a1"), http.StatusAccepted)
	stored(t, url, "a1")
	place(t, outputs["partners"].(string)+"/partner/order", "", coffee("a2"), http.StatusAccepted)
	answers(t, url+"/order?accountid=a2&vendorid=v0")
}

// A project may name the folder of the plugin, which is then not on the PATH.
func TestAProjectNamesTheFolderOfThePlugin(t *testing.T) {
	d := program(t, "eventstream")
	tools, err := filepath.Abs("../.tools/bin")
	require.NoError(t, err)
	bin := t.TempDir()
	for _, tool := range []string{"pulumi", "pulumi-language-yaml"} {
		path, err := exec.LookPath(tool)
		require.NoError(t, err)
		require.NoError(t, os.Symlink(path, filepath.Join(bin, tool)))
	}
	t.Setenv("PATH", bin+string(os.PathListSeparator)+"/usr/bin:/bin")
	file, err := os.OpenFile(filepath.Join(d.Project, "Pulumi.yaml"), os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = file.WriteString("plugins:\n  providers:\n    - name: order-patterns\n      path: " + tools + "\n")
	require.NoError(t, err)
	require.NoError(t, file.Close())
	require.NoError(t, d.Preview(t.Context(), nil, false))
}

// The second API gets the state machine's ARN, which is not known in a preview. It starts executions, with another input than orders have.
func TestOrchestratorAndOrderApiInYAML(t *testing.T) {
	d := program(t, "orchestrator")
	require.NoError(t, d.Preview(t.Context(), nil, false))
	outputs := d.up(t)
	place(t, outputs["url"].(string)+"/order", "", coffee("a1"), http.StatusAccepted)
	place(t, outputs["partners"].(string)+"/partner/order", "", coffee("a2"), http.StatusAccepted)
	stored(t, outputs["url"].(string), "a1")
}

// The second EventStream runs functions that the program brings. They fill the table of the first one.
func TestEventStreamInYAML(t *testing.T) {
	outputs := program(t, "eventstream").up(t)
	url := outputs["url"].(string)
	place(t, url+"/order", "", coffee("a1"), http.StatusAccepted)
	stored(t, url, "a1")
	place(t, outputs["partners"].(string)+"/partner/order", "", coffee("a2"), http.StatusAccepted)
	answers(t, url+"/order?accountid=a2&vendorid=v0")
}

func TestCheckerPipelineInYAML(t *testing.T) {
	d := program(t, "checker")
	outputs := d.up(t)
	key := outputs["apiKey"].(string)
	place(t, outputs["url"].(string)+"/account", "", `{"customerId": "c1", "balance": 10}`, http.StatusForbidden)
	place(t, outputs["url"].(string)+"/account", key, `{"customerId": "c1", "balance": 10}`, http.StatusAccepted)
	for _, r := range d.state(t) {
		text, err := json.Marshal(r.Outputs)
		require.NoError(t, err)
		require.False(t, strings.Contains(string(text), key), "the key is a secret: the state of %s must not have it in plain text", r.URN)
	}
	require.NoError(t, d.Preview(t.Context(), nil, true), "a second preview must find no change")
}

// state is what the stack's state says of each resource.
func (d deployment) state(t *testing.T) []apitype.ResourceV3 {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(d.State(), ".pulumi", "stacks", "*", stack.Name+".json"))
	require.NoError(t, err)
	require.Len(t, files, 1)
	text, err := os.ReadFile(files[0])
	require.NoError(t, err)
	var state struct {
		Checkpoint struct {
			Latest apitype.DeploymentV3 `json:"latest"`
		} `json:"checkpoint"`
	}
	require.NoError(t, json.Unmarshal(text, &state))
	return state.Checkpoint.Latest.Resources
}
