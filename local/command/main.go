// Package command is the command local, which runs a Pulumi program against the embedded cloud: it starts and stops the cloud, and
// deploys to it with the Pulumi CLI.
package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	"github.com/spf13/cobra"

	"github.com/order-patterns/order-patterns/local/console"
	"github.com/order-patterns/order-patterns/local/stack"
)

// Main runs the command with the arguments of the process, and ends the process. meter computes the bill of the page; nil means none.
func Main(meter console.Meter) {
	ctx, kill := stack.Interrupts()
	if err := run(ctx, kill, meter, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "local:", err)
		os.Exit(1)
	}
}

// run is Main without an exit, for the tests. The end of ctx interrupts the command, and kill ends it at once.
func run(ctx context.Context, kill <-chan struct{}, meter console.Meter, args []string, stdout, stderr io.Writer) error {
	var home, settings string
	var selected selection
	root := &cobra.Command{
		Use:           "local",
		Short:         "Deploy to the embedded cloud",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.PersistentFlags().StringVar(&home, "home", "", "folder for state (default .local in the project)")
	root.SetArgs(args)
	root.SetOut(stderr)
	root.SetErr(stderr)

	env := func() (*environment, error) {
		project, err := findProject()
		if err != nil {
			return nil, err
		}
		if home == "" {
			home = filepath.Join(project, ".local")
		}
		home, err := filepath.Abs(home)
		if err != nil {
			return nil, err
		}
		file, err := settingsFile(project, settings)
		return &environment{
			project: project, home: home, settings: file, selection: selected, meter: meter, stdout: stdout, stderr: stderr, kill: kill,
		}, err
	}
	add := func(use, short string, f action, flags func(*cobra.Command)) {
		cmd := &cobra.Command{Use: use, Short: short, Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
			e, err := env()
			if err != nil {
				return err
			}
			return f(cmd.Context(), e)
		}}
		if flags != nil {
			flags(cmd)
		}
		root.AddCommand(cmd)
	}

	withSettings := func(cmd *cobra.Command) {
		cmd.Flags().StringVar(&settings, "console", "", "file with the settings of the page, if the command starts the cloud (default console.json in the project, if it exists)")
	}
	withConfig := func(cmd *cobra.Command) {
		withSettings(cmd)
		cmd.Flags().StringVar(&selected.pattern, "pattern", "fanout", "patterns to deploy: one, several separated by commas, or all")
		cmd.Flags().StringArrayVar(&selected.values, "config", nil, "config value as key=value, overrides Pulumi.local.yaml; repeatable")
	}
	add("serve", "Run the embedded cloud until interrupted", serve, withSettings)
	add("up", "Start the embedded cloud if it is not running, and deploy", alone(up), withConfig)
	add("preview", "Show what up would change", alone(preview), withConfig)
	add("down", "Destroy the stack and stop the embedded cloud", alone(down), nil)
	add("console", "Print the address of the page of the embedded cloud, and open it", printConsole, nil)
	add("outputs", "Print the stack's outputs as JSON", outputs, nil)
	add("env", "Print the environment for pulumi and aws, for a shell to eval", printEnvironment, nil)
	return root.ExecuteContext(ctx)
}

// action is what a command does.
type action func(context.Context, *environment) error

type environment struct {
	project, home  string
	settings       string // file of the console's; empty if there is none
	selection      selection
	stdout, stderr io.Writer
	kill           <-chan struct{}
	meter          console.Meter // of the page's bill, or nil
}

// findProject returns the nearest folder with a Pulumi.yaml: the working directory or a parent.
func findProject() (string, error) {
	file, err := workspace.DetectProjectPath()
	if errors.Is(err, workspace.ErrProjectNotFound) {
		err = errors.New("there is no Pulumi.yaml in this folder or above: run this command inside the project")
	}
	return filepath.Dir(file), err
}

// lock takes the lock of a file in the home folder, unless another process has it. A lock ends with its process.
func (e *environment) lock(name string) (lock *flock.Flock, locked bool, err error) {
	if err := os.MkdirAll(e.home, 0o755); err != nil {
		return nil, false, fmt.Errorf("making %s: %w", e.home, err)
	}
	lock = flock.New(filepath.Join(e.home, name), flock.SetPermissions(0o600))
	locked, err = lock.TryLock()
	return lock, locked, err
}

// alone makes an action wait until no other up, preview or down uses its home.
func alone(f action) action {
	return func(ctx context.Context, e *environment) error {
		lock, locked, err := e.lock("stack.lock")
		if err == nil && !locked {
			fmt.Fprintf(e.stderr, "Another up, preview or down uses %s: waiting until it ends\n", e.home)
			_, err = lock.TryLockContext(ctx, 100*time.Millisecond)
		}
		if err != nil {
			return err
		}
		defer lock.Unlock()
		return f(ctx, e)
	}
}
