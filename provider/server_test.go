package provider

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/structpb"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

func TestConfigIsChecked(t *testing.T) {
	for config, want := range map[string]string{
		`{"platform": "aws"}`:                      "",
		`{"platform": "host", "version": "1.2.3"}`: "",
		`{"platform": "windows"}`:                  "must be aws or host, got windows",
		`{"plattform": "host"}`:                    "there is no such config value, only platform",
	} {
		news := &structpb.Struct{}
		require.NoError(t, news.UnmarshalJSON([]byte(config)))
		answer, err := (&server{}).CheckConfig(t.Context(), &pulumirpc.CheckRequest{News: news})
		require.NoError(t, err)
		if want == "" {
			require.Empty(t, answer.GetFailures(), config)
			continue
		}
		require.Len(t, answer.GetFailures(), 1, config)
		require.Equal(t, want, answer.GetFailures()[0].GetReason())
	}
}

// The tests that deploy use the plugin that `make plugin` built.
func TestThePluginIsBuiltFromThisSource(t *testing.T) {
	tools, err := filepath.Abs("../.tools/bin")
	require.NoError(t, err)
	cli, err := exec.LookPath("pulumi")
	if err != nil {
		cli = filepath.Join(tools, "pulumi")
	}
	cmd := exec.CommandContext(t.Context(), cli, "package", "get-schema", filepath.Join(tools, "pulumi-resource-order-patterns"))
	cmd.Env = append(os.Environ(), "PULUMI_HOME="+t.TempDir(), "PULUMI_SKIP_UPDATE_CHECK=true")
	got, err := cmd.Output()
	require.NoError(t, err, "run `make cli plugin`")
	want, err := Schema("")
	require.NoError(t, err)
	strip := func(text []byte) map[string]any {
		var s map[string]any
		require.NoError(t, json.Unmarshal(text, &s))
		delete(s, "version")
		return s
	}
	gotText, err := json.Marshal(strip(got)["resources"])
	require.NoError(t, err)
	wantText, err := json.Marshal(strip(want)["resources"])
	require.NoError(t, err)
	require.True(t, string(gotText) == string(wantText), "the plugin is older than the source: run `make plugin`")
}
