package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"

	"github.com/order-patterns/order-patterns/local/oidc"
	"github.com/order-patterns/order-patterns/local/stack"
)

func (e *environment) stack(r *running) *stack.Stack {
	return &stack.Stack{Project: e.project, Home: e.home, ProviderPort: r.ProviderPort, Log: e.stderr, Kill: e.kill}
}

// outputsFile is where other commands, such as orders, read the outputs.
func (e *environment) outputsFile() string { return filepath.Join(e.home, "outputs.json") }

// ready returns the running cloud, which it starts if none runs, and the config for a deployment to it.
func (e *environment) ready(ctx context.Context) (*running, map[string]string, error) {
	config, err := e.selection.config(e.project)
	if err != nil {
		return nil, nil, err
	}
	r, err := e.start(ctx)
	if err != nil {
		return nil, nil, err
	}
	r.trust(config)
	return r, config, nil
}

func up(ctx context.Context, e *environment) error {
	r, config, err := e.ready(ctx)
	if err != nil {
		return err
	}
	s := e.stack(r)
	if err := s.Up(ctx, config); err != nil {
		return deployError(err)
	}
	text, err := s.Outputs(ctx)
	if err != nil {
		return err
	}
	if err := os.WriteFile(e.outputsFile(), text, 0o600); err != nil {
		return err
	}
	if _, err := e.stdout.Write(text); err != nil {
		return err
	}
	fmt.Fprintf(e.stderr, "The page: %s\n", r.Console)
	return nil
}

// deployError drops the output of the CLI from an error, because it is on the screen already.
func deployError(err error) error {
	if errors.Is(err, context.Canceled) {
		return errors.New("interrupted: run the command again to complete it")
	}
	if failed, ok := errors.AsType[*stack.Error](err); ok {
		return fmt.Errorf("pulumi %s: %w", failed.Args[0], failed.Err)
	}
	return err
}

func preview(ctx context.Context, e *environment) error {
	r, config, err := e.ready(ctx)
	if err != nil {
		return err
	}
	s := e.stack(r)
	s.Log = e.stdout
	return deployError(s.Preview(ctx, config, false))
}

// down destroys the stack and stops the cloud. If the cloud does not run, only the state is removed: the resources ended
// with the cloud.
func down(ctx context.Context, e *environment) error {
	r, err := e.find()
	if err != nil {
		return err
	}
	s := e.stack(&running{})
	if r != nil {
		s = e.stack(r)
		if err := s.Destroy(ctx); err != nil {
			return deployError(err)
		}
		if err := e.stop(ctx); err != nil {
			return err
		}
	}
	if err := errors.Join(os.RemoveAll(e.outputsFile()), os.RemoveAll(e.cloudFile())); err != nil {
		return err
	}
	return deployError(s.Forget(ctx))
}

// outputs prints the stack's outputs, and nothing else.
func outputs(_ context.Context, e *environment) error {
	text, err := os.ReadFile(e.outputsFile())
	if errors.Is(err, fs.ErrNotExist) {
		return errors.New("nothing is deployed: run `make up`")
	}
	if err != nil {
		return err
	}
	r, err := e.find()
	if err != nil {
		return err
	}
	if r == nil {
		return errors.New("the embedded cloud is not running, and its stack is gone: run `make up`")
	}
	_, err = e.stdout.Write(text)
	return err
}

// printEnvironment prints the environment variables with which pulumi and aws find the local stack.
func printEnvironment(_ context.Context, e *environment) error {
	r, err := e.needed()
	if err != nil {
		return err
	}
	variables := append(e.stack(r).Environment(),
		"AWS_ENDPOINT_URL="+r.Endpoint, "AWS_REGION=us-east-1", "AWS_DEFAULT_REGION=us-east-1",
		"AWS_ACCESS_KEY_ID="+r.AccessKeyID, "AWS_SECRET_ACCESS_KEY="+r.SecretAccessKey)
	for _, v := range variables {
		name, value, _ := strings.Cut(v, "=")
		fmt.Fprintf(e.stdout, "export %s='%s'\n", name, strings.ReplaceAll(value, "'", `'\''`))
	}
	fmt.Fprintln(e.stdout, "unset AWS_PROFILE AWS_SESSION_TOKEN")
	return nil
}

// selection is what to deploy.
type selection struct {
	pattern string
	values  []string // key=value
}

// config returns the config values that override Pulumi.local.yaml: the pattern, if the program has patterns, and others. Each key
// must be declared in Pulumi.yaml, because the program reads no other. The program validates the values.
func (c selection) config(project string) (map[string]string, error) {
	config := map[string]string{}
	declared, err := workspace.LoadProject(filepath.Join(project, "Pulumi.yaml"))
	if err != nil {
		return nil, fmt.Errorf("reading the config keys of Pulumi.yaml: %w", err)
	}
	if _, patterns := declared.Config["pattern"]; patterns {
		config["pattern"] = c.pattern
	}
	var errs []error
	for _, text := range c.values {
		key, value, ok := strings.Cut(text, "=")
		_, known := declared.Config[key]
		_, twice := config[key]
		switch {
		case !ok:
			errs = append(errs, fmt.Errorf("--config must be like key=value, got %q", text))
		case key == "pattern":
			errs = append(errs, errors.New("--config pattern: use --pattern instead"))
		case !known:
			errs = append(errs, fmt.Errorf("--config %s: there is no such key; did you mean %s?", key, nearest(key, declared.Config)))
		case twice:
			errs = append(errs, fmt.Errorf("--config %s: is given twice", key))
		default:
			config[key] = value
		}
	}
	return config, errors.Join(errs...)
}

// nearest is the key that is most like another one.
func nearest(key string, keys map[string]workspace.ProjectConfigType) string {
	distance := func(k string) int { return levenshtein.Distance(strings.ToLower(key), strings.ToLower(k), nil) }
	return slices.MinFunc(slices.Sorted(maps.Keys(keys)), func(a, b string) int { return cmp.Compare(distance(a), distance(b)) })
}

// trust makes an API with auth=jwt trust the issuer of the running cloud, unless the config names another one.
func (r *running) trust(config map[string]string) {
	if config["auth"] == "jwt" && config["jwtIssuer"] == "" {
		config["jwtIssuer"], config["jwtAudience"] = r.Endpoint+oidc.Path, cmp.Or(config["jwtAudience"], oidc.Audience)
	}
}
