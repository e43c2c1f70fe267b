package provider_test

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// make runs a target of the Makefile.
func makeTarget(t *testing.T, target string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "make", "-s", "-C", "..", target)
	cmd.Stdout, cmd.Stderr = t.Output(), t.Output()
	require.NoError(t, cmd.Run())
}

func needs(t *testing.T, command string) {
	t.Helper()
	if _, err := exec.LookPath(command); err != nil {
		t.Skipf("SKIPPED, NOT TESTED: there is no %s on this machine", command)
	}
}

// The program is compiled against the generated SDK, and runs as it does under Pulumi's language host, which is not used.
func TestATypeScriptProgramDeploys(t *testing.T) {
	needs(t, "npm")
	makeTarget(t, "example-typescript")
	d := program(t, "typescript")
	require.NoError(t, os.MkdirAll(d.State(), 0o755))
	script, err := filepath.Abs("testdata/deploy.cjs")
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), "node", script)
	cmd.Dir = "../examples/typescript"
	cmd.Env = append(append(os.Environ(), d.Environment()...), "PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK=true")
	cmd.Stderr = t.Output()
	text, err := cmd.Output()
	require.NoError(t, err)
	var outputs map[string]string
	require.NoError(t, json.Unmarshal(text, &outputs), string(text))
	require.Regexp(t, "^shop-store-order-", outputs["store"])
	place(t, outputs["url"]+"/order", "", coffee("a1"), http.StatusAccepted)
	stored(t, outputs["url"], "a1")
}

func TestAPythonProgramCompiles(t *testing.T) {
	needs(t, "python3")
	makeTarget(t, "example-python")
}
