// Package stack runs the Pulumi CLI on a stack whose aws provider is an embedded cloud. The CLI, the engine and the
// program are the real ones. State, config and the CLI's home stay in one folder.
package stack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

// Name is the name of the stack.
const Name = "local"

// Stack is a Pulumi stack on an embedded cloud.
type Stack struct {
	// Project is the folder with Pulumi.yaml.
	Project string
	// Home is the folder for state, config and the CLI's own files.
	Home string
	// ProviderPort is where the embedded cloud serves the provider protocol.
	ProviderPort int
	// Log receives the output of the CLI.
	Log io.Writer
	// Kill ends the CLI at once when it is closed. The end of a call's context interrupts the CLI: it finishes the operations
	// that have started, and saves the state.
	Kill <-chan struct{}
}

// ConfigFile is the path of the stack's config, a copy of Pulumi.local.yaml.
func (s *Stack) ConfigFile() string { return filepath.Join(s.Home, "Pulumi."+Name+".yaml") }

// Up refreshes the state and deploys the program. The refresh makes Up recreate what a restart of the cloud removed. config
// overrides Pulumi.local.yaml.
func (s *Stack) Up(ctx context.Context, config map[string]string) error {
	args := []string{"up", "--refresh", "--yes", "--skip-preview", "--suppress-outputs"}
	return s.update(ctx, s.WithConfig(args, config)...)
}

// update changes resources. Pulumi saves the state at its end only: writing all of it after each step takes more time than the
// steps. A file tells that an update is running. It stays if Pulumi is killed: then the state is not that of the cloud.
func (s *Stack) update(ctx context.Context, args ...string) error {
	if err := s.prepare(ctx); err != nil {
		return err
	}
	if err := os.WriteFile(s.updating(), nil, 0o600); err != nil {
		return fmt.Errorf("recording that an update begins: %w", err)
	}
	err := s.run(ctx, s.Log, args...)
	exit, ok := errors.AsType[*exec.ExitError](err)
	killed := ok && !exit.Exited()
	select {
	case <-s.Kill:
		killed = true
	default:
	}
	if killed {
		return err
	}
	return errors.Join(err, os.Remove(s.updating()))
}

// updating is the file that exists while an update is running.
func (s *Stack) updating() string { return filepath.Join(s.State(), "updating") }

// Preview shows what Up would change. With expectNoChanges, a change is an error.
func (s *Stack) Preview(ctx context.Context, config map[string]string, expectNoChanges bool) error {
	args := []string{"preview", "--refresh", "--diff", "--suppress-outputs"}
	if expectNoChanges {
		args = append(args, "--expect-no-changes")
	}
	return s.CLI(ctx, s.Log, s.WithConfig(args, config)...)
}

// CLI runs another command of the CLI, whose output stdout receives.
func (s *Stack) CLI(ctx context.Context, stdout io.Writer, args ...string) error {
	if err := s.prepare(ctx); err != nil {
		return err
	}
	return s.run(ctx, stdout, args...)
}

// Outputs returns the stack's outputs as JSON, with secrets in plain text. A caller of the local stack's API needs its API
// key, and the key is of no use elsewhere.
func (s *Stack) Outputs(ctx context.Context) ([]byte, error) {
	var out bytes.Buffer
	if err := s.run(ctx, &out, "stack", "output", "--json", "--show-secrets", "--stack", Name); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// Destroy deletes all resources of the stack.
func (s *Stack) Destroy(ctx context.Context) error {
	return s.update(ctx, s.WithConfig([]string{"destroy", "--yes", "--skip-preview", "--suppress-outputs"}, nil)...)
}

// Forget deletes the stack's state, even if the state lists resources. They end with the cloud.
func (s *Stack) Forget(ctx context.Context) error {
	if _, err := os.Stat(filepath.Join(s.State(), ".pulumi", "stacks")); errors.Is(err, fs.ErrNotExist) {
		return nil // there is no stack
	}
	if err := s.prepare(ctx); err != nil {
		return err
	}
	if err := os.RemoveAll(s.updating()); err != nil {
		return fmt.Errorf("removing the record of an update: %w", err)
	}
	return s.run(ctx, io.Discard, "stack", "rm", "--force", "--yes", "--preserve-config", "--stack", Name)
}

// Interrupted reports whether Pulumi was killed while it changed resources: during an update of this package, or of somebody who
// runs the CLI, which saves a creation as pending before it begins. Then the state does not say which resources exist.
// https://www.pulumi.com/docs/iac/operations/troubleshooting/interrupted-updates/
func (s *Stack) Interrupted() (bool, error) {
	if _, err := os.Stat(s.updating()); err == nil {
		return true, nil
	}
	files, err := filepath.Glob(filepath.Join(s.State(), ".pulumi", "stacks", "*", Name+".json"))
	if err != nil || len(files) == 0 {
		return false, err
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		return false, fmt.Errorf("reading the stack's state: %w", err)
	}
	var state struct {
		Checkpoint struct {
			Latest apitype.DeploymentV3 `json:"latest"`
		} `json:"checkpoint"`
	}
	if err := json.Unmarshal(text, &state); err != nil {
		return false, fmt.Errorf("reading %s: %w", files[0], err)
	}
	return slices.ContainsFunc(state.Checkpoint.Latest.PendingOperations, func(o apitype.OperationV2) bool {
		return o.Type == apitype.OperationTypeCreating
	}), nil
}

// prepare copies the config, creates the stack if there is none, and removes the lock of a CLI that was killed.
func (s *Stack) prepare(ctx context.Context) error {
	if err := os.MkdirAll(s.State(), 0o755); err != nil {
		return fmt.Errorf("making the state folder: %w", err)
	}
	config, err := os.ReadFile(filepath.Join(s.Project, "Pulumi."+Name+".yaml"))
	if err != nil {
		return fmt.Errorf("reading the stack's config: %w", err)
	}
	if err := os.WriteFile(s.ConfigFile(), config, 0o600); err != nil {
		return fmt.Errorf("copying the stack's config: %w", err)
	}
	if err := s.run(ctx, io.Discard, "stack", "select", "--create", "--stack", Name); err != nil {
		return err
	}
	locks, err := filepath.Glob(filepath.Join(s.State(), ".pulumi", "locks", "*", "*", "*", "*.json"))
	if err != nil || len(locks) == 0 {
		return err
	}
	return s.run(ctx, io.Discard, "cancel", "--yes", Name)
}

// State is the folder of the file backend.
func (s *Stack) State() string { return filepath.Join(s.Home, "pulumi", "state") }

// WithConfig adds the stack and its config to the arguments of a command.
func (s *Stack) WithConfig(args []string, config map[string]string) []string {
	args = append(args, "--stack", Name, "--config-file", s.ConfigFile())
	for key, value := range config {
		args = append(args, "--config", key+"="+value)
	}
	return args
}

// Environment returns the variables, as NAME=value, with which the CLI finds the stack and the embedded cloud.
func (s *Stack) Environment() []string {
	return []string{
		"PULUMI_HOME=" + filepath.Join(s.Home, "pulumi", "home"),
		"PULUMI_BACKEND_URL=file://" + filepath.ToSlash(s.State()),
		"PULUMI_CONFIG_PASSPHRASE=local",
		fmt.Sprintf("PULUMI_DEBUG_PROVIDERS=aws:%d", s.ProviderPort),
		"PULUMI_SKIP_UPDATE_CHECK=true",
		"PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION=true",
		"PATH=" + os.Getenv("PATH") + string(os.PathListSeparator) + s.tools(),
	}
}

// tools is the folder of the CLI that `make` builds. A CLI on the PATH is preferred.
func (s *Stack) tools() string { return filepath.Join(s.Project, ".tools", "bin") }

func (s *Stack) run(ctx context.Context, stdout io.Writer, args ...string) error {
	cli, err := exec.LookPath("pulumi")
	if err != nil {
		cli = filepath.Join(s.tools(), "pulumi")
	}
	cmd := exec.CommandContext(ctx, cli, append(args, "--non-interactive", "--color", "never")...)
	cmd.Dir = s.Project
	// In a process group of its own the CLI does not receive the terminal's Ctrl-C. Its signals come from here only: the first
	// one ends it in order, the second one makes it end its plugins and itself at once.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	// Of two settings of one variable the last one counts.
	cmd.Env = append(slices.DeleteFunc(os.Environ(), func(e string) bool { return strings.HasPrefix(e, "PULUMI_ACCESS_TOKEN=") }), s.Environment()...)
	cmd.Env = append(cmd.Env, "PULUMI_SKIP_CHECKPOINTS=true")
	// With the same writer for both streams, exec copies both in one goroutine, so that the buffer needs no lock.
	var said, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = io.MultiWriter(stdout, &said), &errs
	if stdout == s.Log {
		cmd.Stderr = cmd.Stdout
	}
	if err := s.wait(cmd); err != nil {
		if ctx.Err() != nil {
			return fmt.Errorf("pulumi %s: %w: %w", args[0], ctx.Err(), err)
		}
		if errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("there is no pulumi command: `make up` builds one: %w", err)
		}
		return &Error{Args: args, Output: said.String() + errs.String(), Err: err}
	}
	return nil
}

// killLimit is how long a CLI may take to end its plugins before it is killed.
const killLimit = 5 * time.Second

func (s *Stack) wait(cmd *exec.Cmd) error {
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	defer close(ended)
	go func() {
		select {
		case <-ended:
			return
		case <-s.Kill:
		}
		_ = cmd.Process.Signal(os.Interrupt) // an error means that the process has ended
		select {
		case <-ended:
		case <-time.After(killLimit):
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		}
	}()
	return cmd.Wait()
}

// Error reports that a command of the CLI failed.
type Error struct {
	Args   []string
	Output string // what it printed
	Err    error
}

func (e *Error) Error() string {
	return fmt.Sprintf("pulumi %s: %v\n%s", e.Args[0], e.Err, e.Output)
}

func (e *Error) Unwrap() error { return e.Err }

// Interrupts are those of a command that uses a Stack. The first Ctrl-C or SIGTERM ends ctx: Pulumi finishes the operations that have
// started, and saves the state. The second one closes kill, which is for Stack.Kill.
func Interrupts() (ctx context.Context, kill <-chan struct{}) {
	ctx, cancel := context.WithCancel(context.Background())
	killed := make(chan struct{})
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		cancel()
		<-signals
		close(killed)
	}()
	return ctx, killed
}
