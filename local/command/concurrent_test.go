package command

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestASecondUpWaitsForTheFirst(t *testing.T) {
	home := t.TempDir()
	t.Cleanup(func() { _, _, _ = command(t, home, "down") })
	var ups sync.WaitGroup
	outputs, stderr, errs := [2]string{}, [2]string{}, [2]error{}
	for i := range 2 {
		ups.Go(func() { outputs[i], stderr[i], errs[i] = command(t, home, "up") })
	}
	ups.Wait()
	require.NoError(t, errs[0], stderr[0])
	require.NoError(t, errs[1], stderr[1])
	require.Equal(t, outputs[0], outputs[1], "both used one cloud")
	require.Equal(t, 1, strings.Count(stderr[0]+stderr[1], "Another up, preview or down uses "+home+": waiting until it ends"))

	t.Run("serve refuses to run beside a running cloud", func(t *testing.T) {
		before := cloudOf(t, home)
		_, _, err := command(t, home, "serve")
		require.ErrorContains(t, err, "an embedded cloud already runs with "+home)
		require.Equal(t, before, cloudOf(t, home))
		require.True(t, answers(before.Endpoint))
	})

	t.Run("outputs of a cloud that was killed are refused", func(t *testing.T) {
		r := cloudOf(t, home)
		require.NoError(t, syscall.Kill(r.PID, syscall.SIGKILL))
		require.Eventually(t, func() bool { return !answers(r.Endpoint) }, 10*time.Second, 10*time.Millisecond)
		stdout, _, err := command(t, home, "outputs")
		require.ErrorContains(t, err, "the embedded cloud is not running, and its stack is gone: run `make up`")
		require.Empty(t, stdout)
	})
}

// interrupt starts up as a process of its own, and sends it signals once Pulumi creates the first function.
func interrupt(t *testing.T, home string, signals int) (stderr string) {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self, "up", "--home", home)
	pipe, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	var log strings.Builder
	lines := bufio.NewScanner(pipe)
	for lines.Scan() {
		log.WriteString(lines.Text() + "\n")
		for ; signals > 0 && strings.Contains(lines.Text(), "aws:lambda:Function"); signals-- {
			require.NoError(t, cmd.Process.Signal(os.Interrupt))
			time.Sleep(50 * time.Millisecond) // pending signals of one kind are delivered once
		}
	}
	require.Zero(t, signals, log.String())
	require.Error(t, cmd.Wait())
	require.Contains(t, log.String(), "interrupted: run the command again to complete it")
	return log.String()
}

func TestCtrlCEndsPulumiInOrderAndTwiceAtOnce(t *testing.T) {
	for name, signals := range map[string]int{"once": 1, "twice": 2} {
		t.Run(name, func(t *testing.T) {
			home := t.TempDir()
			t.Cleanup(func() { _, _, _ = command(t, home, "down") })
			interrupt(t, home, signals)

			// No process of the interrupted run is left, but the cloud.
			out, err := exec.Command("ps", "-e", "-o", "pid=,command=", "eww").Output()
			require.NoError(t, err)
			for line := range strings.Lines(string(out)) {
				if strings.Contains(line, "PULUMI_HOME="+filepath.Join(home, "pulumi")) {
					require.Fail(t, "left behind", strings.SplitN(line, " PATH=", 2)[0])
				}
			}
			if signals == 1 {
				state := readState(t, home)
				require.NotEmpty(t, state.Checkpoint.Latest.Resources)
				require.Empty(t, state.Checkpoint.Latest.PendingOperations, "every operation that started has ended")
			}
			outputs, stderr, err := command(t, home, "up")
			require.NoError(t, err, stderr)
			require.Equal(t, signals == 2, strings.Contains(stderr, "Pulumi was killed while it changed resources"), stderr)
			place(t, urlOf(t, outputs))
		})
	}
}

func TestTheCloudStartsEmptyAfterPulumiWasKilledInACreation(t *testing.T) {
	home := t.TempDir()
	t.Cleanup(func() { _, _, _ = command(t, home, "down") })
	_, stderr, err := command(t, home, "up")
	require.NoError(t, err, stderr)
	const restarted = "Pulumi was killed while it changed resources, and its state may not be that of the embedded cloud: restarting it. It starts empty\n"
	killedWhileItSubscribed(t, home)
	before := cloudOf(t, home)

	outputs, stderr, err := command(t, home, "up")
	require.NoError(t, err, stderr)
	require.Contains(t, stderr, restarted)
	require.Empty(t, readState(t, home).Checkpoint.Latest.PendingOperations)
	place(t, urlOf(t, outputs))
	after := cloudOf(t, home)
	require.NotEqual(t, before.PID, after.PID)

	_, stderr, err = command(t, home, "up")
	require.NoError(t, err, stderr)
	require.Equal(t, after, cloudOf(t, home), "it is restarted once")

	killedWhileItSubscribed(t, home)
	stdout, stderr, err := command(t, home, "preview")
	require.NoError(t, err, stderr)
	require.Contains(t, stderr, restarted)
	require.NotContains(t, stdout, "unchanged")
}

// killedWhileItSubscribed makes the state what it was while Pulumi created a subscription, which the cloud has.
func killedWhileItSubscribed(t *testing.T, home string) {
	t.Helper()
	text, err := os.ReadFile(stateFile(home))
	require.NoError(t, err)
	var state map[string]any
	require.NoError(t, json.Unmarshal(text, &state))
	latest := state["checkpoint"].(map[string]any)["latest"].(map[string]any)
	resources := latest["resources"].([]any)
	i := slices.IndexFunc(resources, func(r any) bool { return r.(map[string]any)["type"] == "aws:sns/topicSubscription:TopicSubscription" })
	require.NotEqual(t, -1, i)
	latest["pending_operations"] = []any{map[string]any{"resource": resources[i], "type": "creating"}}
	latest["resources"] = resources[:i] // none of these depends on it
	text, err = json.Marshal(state)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(stateFile(home), text, 0o600))
}

func stateFile(home string) string {
	return filepath.Join(home, "pulumi", "state", ".pulumi", "stacks", "order-patterns", "local.json")
}

type stackState struct {
	Checkpoint struct {
		Latest struct {
			Resources         []json.RawMessage `json:"resources"`
			PendingOperations []json.RawMessage `json:"pending_operations"`
		} `json:"latest"`
	} `json:"checkpoint"`
}

func readState(t *testing.T, home string) (s stackState) {
	t.Helper()
	text, err := os.ReadFile(stateFile(home))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &s))
	return s
}
