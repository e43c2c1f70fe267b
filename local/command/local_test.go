package command

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestMain lets the test binary be the command, too: up starts the cloud as `local serve`.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && (os.Args[1] == "serve" || os.Args[1] == "up") {
		Main(nil)
		return
	}
	// The program is compiled as make does, and not once more, as the race detector would have it.
	if err := os.Setenv("CGO_ENABLED", "0"); err != nil {
		panic(err) // the name is valid
	}
	os.Exit(m.Run())
}

// command runs the command with a home of the test's own.
func command(t *testing.T, home string, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	var out, errs bytes.Buffer
	err = run(context.WithoutCancel(t.Context()), nil, nil, append(args, "--home", home), &out, &errs)
	return out.String(), errs.String(), err
}

func cloudOf(t *testing.T, home string) running {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(home, "cloud.json"))
	require.NoError(t, err)
	var r running
	require.NoError(t, json.Unmarshal(text, &r))
	return r
}

func urlOf(t *testing.T, outputs string) string {
	t.Helper()
	var deployed struct{ Fanout struct{ URL string } }
	require.NoError(t, json.Unmarshal([]byte(outputs), &deployed), outputs)
	require.NotEmpty(t, deployed.Fanout.URL)
	return deployed.Fanout.URL
}

const order = `{"order":{"accountid":"a0","vendorid":"v0","orderdate":"2026-01-31T08:30:00Z","city":"Lisbon",
	"details":{"coffeetype":"Latte","coffeesize":"Large","unitprice":3.5,"quantity":2}}}`

func place(t *testing.T, url string) {
	t.Helper()
	resp, err := http.Post(url+"/order", "application/json", strings.NewReader(order))
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusAccepted, resp.StatusCode)
}

func TestUpDeploysAndHealsAndDownLeavesNothing(t *testing.T) {
	home := t.TempDir()
	t.Cleanup(func() { _, _, _ = command(t, home, "down") }) // whatever fails before

	outputs, said, err := command(t, home, "up")
	require.NoError(t, err, said)
	place(t, urlOf(t, outputs))
	first := cloudOf(t, home)

	t.Run("up and console print the address of the page", func(t *testing.T) {
		require.True(t, strings.HasSuffix(said, "\nThe page: "+first.Console+"\n"), said)
		out, _, err := command(t, home, "console")
		require.NoError(t, err)
		require.Equal(t, first.Console+"\n", out)
		require.True(t, answers(first.Console))
	})

	again, _, err := command(t, home, "outputs")
	require.NoError(t, err)
	require.Equal(t, outputs, again)

	said, _, err = command(t, home, "preview")
	require.NoError(t, err)
	require.Contains(t, said, "unchanged")
	require.NotContains(t, said, "create")

	t.Run("a killed cloud is started and filled again", func(t *testing.T) {
		require.NoError(t, syscall.Kill(first.PID, syscall.SIGKILL))
		require.Eventually(t, func() bool { return !answers(first.Endpoint) }, 10*time.Second, 10*time.Millisecond)
		outputs, said, err := command(t, home, "up")
		require.NoError(t, err, said)
		second := cloudOf(t, home)
		require.NotEqual(t, first.PID, second.PID)
		place(t, urlOf(t, outputs))
	})

	t.Run("the environment leads aws and pulumi to it", func(t *testing.T) {
		out, _, err := command(t, home, "env")
		require.NoError(t, err)
		for _, name := range []string{"AWS_ENDPOINT_URL=", "AWS_ACCESS_KEY_ID=", "PULUMI_DEBUG_PROVIDERS='aws:", "PULUMI_BACKEND_URL="} {
			require.Contains(t, out, "export "+name)
		}
	})

	t.Run("config reaches the program: the API requires its key, which is an output", func(t *testing.T) {
		outputs, said, err := command(t, home, "up", "--pattern", "checker", "--config", "requireApiKey=true")
		require.NoError(t, err, said)
		var deployed struct{ Checker struct{ URL, APIKey string } }
		require.NoError(t, json.Unmarshal([]byte(outputs), &deployed), outputs)
		for key, want := range map[string]int{deployed.Checker.APIKey: http.StatusAccepted, "": http.StatusForbidden} {
			r, err := http.NewRequest(http.MethodPost, deployed.Checker.URL+"/account", strings.NewReader(`{"customerId":"c0","balance":100}`))
			require.NoError(t, err)
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("X-Api-Key", key)
			resp, err := http.DefaultClient.Do(r)
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
			require.Equal(t, want, resp.StatusCode)
		}
	})

	last := cloudOf(t, home)
	_, said, err = command(t, home, "down")
	require.NoError(t, err, said)
	require.False(t, answers(last.Endpoint), "the cloud is stopped")
	require.NoFileExists(t, filepath.Join(home, "outputs.json"))
	require.NoFileExists(t, filepath.Join(home, "cloud.json"))
	_, _, err = command(t, home, "outputs")
	require.ErrorContains(t, err, "make up")
}

func answers(endpoint string) bool {
	resp, err := http.Get(endpoint)
	if err != nil {
		return false
	}
	resp.Body.Close()
	return true
}

func TestSettingsOfThePage(t *testing.T) {
	_, _, err := command(t, t.TempDir(), "console")
	require.EqualError(t, err, "the embedded cloud is not running: run `make up`")

	dir := t.TempDir()
	file, err := settingsFile(dir, "")
	require.NoError(t, err)
	require.Empty(t, file, "there is no console.json")
	s, err := (&environment{}).readSettings()
	require.NoError(t, err)
	require.Equal(t, "requestId", s.Record.ID)

	require.NoError(t, os.WriteFile(filepath.Join(dir, "console.json"), []byte(`{"record":{"name":"order"}}`), 0o600))
	file, err = settingsFile(dir, "")
	require.NoError(t, err)
	s, err = (&environment{settings: file}).readSettings()
	require.NoError(t, err)
	require.Equal(t, "order", s.Record.Name)
	file, err = settingsFile(dir, "local_test.go")
	require.NoError(t, err)
	require.True(t, filepath.IsAbs(file), "the cloud runs in another folder")

	for _, name := range []string{"serve", "up", "preview"} {
		_, _, err := command(t, t.TempDir(), name, "--console", "local_test.go")
		require.ErrorContains(t, err, "local_test.go: reading the settings of the console: ")
		_, _, err = command(t, t.TempDir(), name, "--console", "missing.json")
		require.ErrorContains(t, err, "missing.json: no such file")
	}
}

func TestDownWhereNothingIsUpIsNoError(t *testing.T) {
	_, said, err := command(t, t.TempDir(), "down")
	require.NoError(t, err, said)
}

func TestABadPatternIsNamed(t *testing.T) {
	home := t.TempDir()
	t.Cleanup(func() { _, _, _ = command(t, home, "down") })
	_, said, err := command(t, home, "up", "--pattern", "fanuot")
	require.Error(t, err)
	require.Contains(t, said, `"fanuot"`)
	require.Contains(t, said, "fanout")
}

func TestConfigIsGivenByTheKeysOfPulumiYaml(t *testing.T) {
	project, err := findProject()
	require.NoError(t, err)
	for name, c := range map[string]struct {
		values []string
		want   map[string]string
		errs   []string
	}{
		"none":            {nil, map[string]string{}, nil},
		"some":            {[]string{"shards=2", "allowOrigin=https://a/?b=c"}, map[string]string{"shards": "2", "allowOrigin": "https://a/?b=c"}, nil},
		"empty":           {[]string{"notifyEmail="}, map[string]string{"notifyEmail": ""}, nil},
		"no value":        {[]string{"shards"}, nil, []string{`--config must be like key=value, got "shards"`}},
		"unknown":         {[]string{"shard=2"}, nil, []string{"--config shard: there is no such key; did you mean shards?"}},
		"another package": {[]string{"aws:region=eu-west-1"}, nil, []string{"--config aws:region: there is no such key"}},
		"the pattern":     {[]string{"pattern=all"}, nil, []string{"--config pattern: use --pattern instead"}},
		"twice":           {[]string{"shards=2", "shards=3"}, nil, []string{"--config shards: is given twice"}},
		"all at once":     {[]string{"shards", "shard=2"}, nil, []string{"key=value", "no such key"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := selection{pattern: "fanout", values: c.values}.config(project)
			for _, want := range c.errs {
				require.ErrorContains(t, err, want)
			}
			if c.errs == nil {
				require.NoError(t, err)
				c.want["pattern"] = "fanout"
				require.Equal(t, c.want, got)
			}
		})
	}
}

func TestConfigReachesTheProgramAndIsNotKept(t *testing.T) {
	home := t.TempDir()
	t.Cleanup(func() { _, _, _ = command(t, home, "down") })
	said, errs, err := command(t, home, "preview", "--config", "storeBatchSize=11", "--config", "apiAccessLogs=of")
	require.Error(t, err)
	require.Contains(t, said+errs, "config storeBatchSize: must be from 1 to 10, got 11")
	require.Contains(t, said+errs, "config apiAccessLogs: must be one of off, account, own-account")
	said, errs, err = command(t, home, "preview")
	require.NoError(t, err, said+errs)
}
