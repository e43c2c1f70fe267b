package command

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/order-patterns/order-patterns/local"
	"github.com/order-patterns/order-patterns/local/clock"
	"github.com/order-patterns/order-patterns/local/console"
)

// running describes a started cloud to the other commands. It is the content of cloud.json.
type running struct {
	PID             int    `json:"pid"`
	Executable      string `json:"executable"` // the build that is running
	Endpoint        string `json:"endpoint"`
	ProviderPort    int    `json:"providerPort"`
	AccessKeyID     string `json:"accessKeyId"`
	SecretAccessKey string `json:"secretAccessKey"`
	Console         string `json:"console"` // address of the page
}

// startLimit is how long the cloud may take to start, and to stop. Whether it has is looked at every pollEvery.
const (
	startLimit = 15 * time.Second
	pollEvery  = 20 * time.Millisecond
)

func (e *environment) cloudFile() string { return filepath.Join(e.home, "cloud.json") }
func (e *environment) cloudLog() string  { return filepath.Join(e.home, "cloud.log") }

// serve runs the embedded cloud in the foreground, on free ports. The variable GUESSES names the switches to turn, separated by
// commas: see docs/embedded-cloud.md.
func serve(ctx context.Context, e *environment) error {
	lock, locked, err := e.lock("cloud.lock")
	if err != nil {
		return err
	}
	if !locked {
		return fmt.Errorf("an embedded cloud already runs with %s: stop it with `make down`, or choose another --home", e.home)
	}
	defer lock.Unlock()
	settings, err := e.readSettings()
	if err != nil {
		return err
	}
	// The folder that `local env` names as Pulumi's backend: Pulumi itself does not create it.
	if err := os.MkdirAll(e.stack(&running{}).State(), 0o755); err != nil {
		return fmt.Errorf("making the state folder: %w", err)
	}
	cloud, err := local.Start(local.Options{
		Clock: clock.New(),
		Dir:   filepath.Join(e.home, "functions"),
		Log:   slog.New(slog.NewJSONHandler(e.stderr, nil)),
	})
	if err != nil {
		return err
	}
	defer cloud.Close()
	if err := cloud.Account.Guesses.TurnNamed(os.Getenv("GUESSES")); err != nil {
		return fmt.Errorf("GUESSES: %w", err)
	}
	page, err := console.Start(console.Options{Cloud: cloud, Settings: settings, Meter: e.meter})
	if err != nil {
		return err
	}
	defer page.Close()
	build, err := executable()
	if err != nil {
		return err
	}
	state, err := json.MarshalIndent(running{
		PID: os.Getpid(), Executable: build, Endpoint: cloud.Endpoint, ProviderPort: cloud.ProviderPort,
		AccessKeyID: cloud.Admin.AccessKeyID, SecretAccessKey: cloud.Admin.SecretAccessKey,
		Console: page.URL(),
	}, "", "  ")
	if err != nil {
		return err
	}
	// The rename is atomic: no reader sees half of the file. The file is private because it holds the
	// administrator's key and the console's token.
	if err := os.WriteFile(e.cloudFile()+".new", state, 0o600); err != nil {
		return err
	}
	if err := os.Rename(e.cloudFile()+".new", e.cloudFile()); err != nil {
		return err
	}
	defer os.Remove(e.cloudFile())
	fmt.Fprintf(e.stdout, "The embedded cloud listens at %s\n", cloud.Endpoint)
	<-ctx.Done()
	return nil
}

func (e *environment) find() (*running, error) {
	text, err := os.ReadFile(e.cloudFile())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var r running
	if err := json.Unmarshal(text, &r); err != nil {
		return nil, fmt.Errorf("reading %s: %w", e.cloudFile(), err)
	}
	// The process id may have been reused. The cloud is running if its endpoint answers.
	client := http.Client{Timeout: 2 * time.Second}
	resp, err := client.Get(r.Endpoint)
	if err != nil {
		return nil, nil
	}
	resp.Body.Close()
	return &r, nil
}

// needed is find for a command that is of no use without a cloud.
func (e *environment) needed() (*running, error) {
	r, err := e.find()
	if r == nil && err == nil {
		err = errors.New("the embedded cloud is not running: run `make up`")
	}
	return r, err
}

// start returns the running cloud. It starts one if none runs, and restarts one of another build, or one that may have
// other resources than the stack's state, because Pulumi was killed while it changed them.
func (e *environment) start(ctx context.Context) (*running, error) {
	r, err := e.find()
	if err != nil {
		return nil, err
	}
	if _, err := e.readSettings(); err != nil {
		return nil, err
	}
	build, err := executable()
	if err != nil {
		return nil, err
	}
	s := e.stack(&running{})
	interrupted, err := s.Interrupted()
	if err != nil {
		return nil, err
	}
	if r != nil && r.Executable == build && !interrupted {
		return r, nil
	}
	if r != nil {
		reason := "The embedded cloud has changed"
		if interrupted {
			reason = "Pulumi was killed while it changed resources, and its state may not be that of the embedded cloud"
		}
		fmt.Fprintln(e.stderr, reason+": restarting it. It starts empty")
		if err := e.stop(ctx); err != nil {
			return nil, err
		}
	}
	if interrupted {
		if err := s.Forget(ctx); err != nil {
			return nil, err
		}
	}
	log, err := os.Create(e.cloudLog())
	if err != nil {
		return nil, err
	}
	defer log.Close()
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	// These describe a cloud that has ended.
	if err := errors.Join(os.RemoveAll(e.cloudFile()), os.RemoveAll(e.outputsFile())); err != nil {
		return nil, err
	}
	args := []string{"serve", "--home", e.home}
	if e.settings != "" {
		args = append(args, "--console", e.settings)
	}
	cmd := exec.Command(self, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = e.project, log, log
	// A session of its own lets the cloud outlive this command and the terminal.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting the embedded cloud: %w", err)
	}
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	ctx, cancel := context.WithTimeoutCause(ctx, startLimit, fmt.Errorf("the embedded cloud did not start within %s; see %s", startLimit, e.cloudLog()))
	defer cancel()
	for {
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case err := <-exited:
			return nil, fmt.Errorf("the embedded cloud did not start: %w; see %s", err, e.cloudLog())
		case <-time.After(pollEvery):
			if r, err := e.find(); r != nil || err != nil {
				return r, err
			}
		}
	}
}

// stop ends the running cloud and waits for its process to end.
func (e *environment) stop(ctx context.Context) error {
	r, err := e.find()
	if err != nil || r == nil {
		return err
	}
	if err := syscall.Kill(r.PID, syscall.SIGTERM); err != nil {
		return fmt.Errorf("stopping the embedded cloud, process %d: %w", r.PID, err)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, startLimit, fmt.Errorf("the embedded cloud, process %d, did not stop within %s", r.PID, startLimit))
	defer cancel()
	for syscall.Kill(r.PID, 0) == nil {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(pollEvery):
		}
	}
	return nil
}

// executable returns the SHA-256 of this command's binary, which identifies the build.
func executable() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	f, err := os.Open(self)
	if err != nil {
		return "", err
	}
	defer f.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, f); err != nil {
		return "", fmt.Errorf("reading %s: %w", self, err)
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}
