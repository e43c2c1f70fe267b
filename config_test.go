package main

import (
	"archive/zip"
	"bytes"
	"debug/elf"
	"encoding/binary"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"
)

// recorder counts what a program registers.
type recorder struct {
	mu         sync.Mutex
	registered []pulumi.MockResourceArgs
}

func (r *recorder) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.registered = append(r.registered, args)
	state := args.Inputs.Copy()
	for _, output := range []resource.PropertyKey{"arn", "url", "name", "bucket", "invokeArn", "executionArn", "invokeUrl"} {
		if _, given := state[output]; !given {
			state[output] = resource.NewStringProperty(args.Name)
		}
	}
	return args.Name, state, nil
}

func (r *recorder) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	return args.Args, nil
}

func (r *recorder) types() []string {
	seen := map[string]bool{}
	for _, args := range r.registered {
		seen[args.TypeToken] = true
	}
	return slices.Sorted(maps.Keys(seen))
}

// run runs a program with this config, over the defaults of Pulumi.yaml.
func run(r *recorder, config map[string]string, program pulumi.RunFunc) error {
	return pulumi.RunErr(program, pulumi.WithMocks("order-patterns", "test", r), func(info *pulumi.RunInfo) {
		info.Config = map[string]string{
			"order-patterns:pattern": "fanout", "order-patterns:packages": "", "order-patterns:architecture": "",
			"order-patterns:deleteData": "false", "order-patterns:storeBatchSize": "10", "order-patterns:invoiceBatchSize": "5",
			"order-patterns:apiRateLimit": "10000", "order-patterns:apiBurstLimit": "5000", "order-patterns:allowOrigin": "*",
			"order-patterns:apiAccessLogs": "off", "order-patterns:logRetentionDays": "30",
		}
		for key, value := range config {
			info.Config["order-patterns:"+key] = value
		}
	})
}

func load(t *testing.T, config map[string]string) (*settings, error) {
	t.Helper()
	var s *settings
	r := &recorder{}
	err := run(r, config, func(ctx *pulumi.Context) (err error) {
		s, err = loadConfig(ctx)
		return err
	})
	require.Empty(t, r.registered)
	return s, err
}

func TestTheDefaultsOfPulumiYamlAreValid(t *testing.T) {
	s, err := load(t, nil)
	require.NoError(t, err)
	require.Equal(t, []string{"fanout"}, s.patterns)
	require.False(t, s.deleteData)
	require.Equal(t, 10, s.storeBatchSize)
	require.Equal(t, 5, s.invoiceBatchSize)
	require.Equal(t, 10000, s.api.RateLimit)
	require.Equal(t, 5000, s.api.BurstLimit)
	require.Equal(t, "*", s.api.AllowOrigin)
	require.Equal(t, 30, s.api.LogRetentionDays)
	require.False(t, s.api.AccessLogs)
	require.Equal(t, map[string]string{"project": "order-patterns", "stack": "test"}, s.api.Tags)
}

func TestPatternsAreChosenByName(t *testing.T) {
	for text, want := range map[string][]string{
		"fanout": {"fanout"}, " fanout ": {"fanout"}, "fanout,fanout": {"fanout"}, "fanout , fanout": {"fanout"},
		"all": patterns, " all": patterns, "fanout,all": patterns, "all, fanout": patterns,
	} {
		t.Run(text, func(t *testing.T) {
			s, err := load(t, map[string]string{"pattern": text})
			require.NoError(t, err)
			require.Equal(t, want, s.patterns)
			require.True(t, s.deploys("fanout"))
			require.False(t, s.deploys("checker-of-somebody-else"))
		})
	}
}

func TestBadConfigIsRefusedByItsKey(t *testing.T) {
	choose := "; choose from " + strings.Join(patterns, ", ") + ", several separated by commas, or all"
	for _, c := range []struct{ key, value, want string }{
		{"pattern", "fan-out", `config pattern: there is no pattern "fan-out"` + choose},
		{"pattern", "fanout,nope", `config pattern: there is no pattern "nope"` + choose},
		{"pattern", "all,nope", `config pattern: there is no pattern "nope"` + choose},
		{"pattern", "Fanout", `config pattern: there is no pattern "Fanout"` + choose},
		{"pattern", "fanout,", `config pattern: there is no pattern ""` + choose},
		{"pattern", " ", "config pattern: is required" + choose},
		{"storeBatchSize", "0", "config storeBatchSize: must be from 1 to 10, got 0"},
		{"storeBatchSize", "11", "config storeBatchSize: must be from 1 to 10, got 11"},
		{"storeBatchSize", "-1", "config storeBatchSize: must be from 1 to 10, got -1"},
		{"storeBatchSize", "ten", `config storeBatchSize: must be an integer, got "ten"`},
		{"storeBatchSize", "1.5", `config storeBatchSize: must be an integer, got "1.5"`},
		{"invoiceBatchSize", "0", "config invoiceBatchSize: must be from 1 to 10, got 0"},
		{"invoiceBatchSize", "11", "config invoiceBatchSize: must be from 1 to 10, got 11"},
		{"apiRateLimit", "0", "config apiRateLimit: must be from 1 to 10000, got 0"},
		{"apiRateLimit", "10001", "config apiRateLimit: must be from 1 to 10000, got 10001"},
		{"apiBurstLimit", "5001", "config apiBurstLimit: must be from 1 to 5000, got 5001"},
		{"logRetentionDays", "0", "config logRetentionDays: must be from 1 to 3653, got 0"},
		{"logRetentionDays", "month", `config logRetentionDays: must be an integer, got "month"`},
		{"deleteData", "yes", `config deleteData: must be true or false, got "yes"`},
		{"apiAccessLogs", "on", `config apiAccessLogs: must be one of off, account, own-account, got "on"`},
	} {
		t.Run(c.key+" "+c.value, func(t *testing.T) {
			_, err := load(t, map[string]string{c.key: c.value})
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestBadConfigIsRefusedAllAtOnce(t *testing.T) {
	_, err := load(t, map[string]string{"pattern": "x", "deleteData": "x", "storeBatchSize": "x", "invoiceBatchSize": "99", "apiAccessLogs": "x"})
	for _, key := range []string{"pattern", "deleteData", "storeBatchSize", "invoiceBatchSize", "apiAccessLogs"} {
		require.ErrorContains(t, err, "config "+key+": ")
	}
}

func TestApiAccessLogs(t *testing.T) {
	for value, want := range map[string]struct{ logs, owns bool }{"off": {}, "": {}, "account": {true, false}, "own-account": {true, true}} {
		s, err := load(t, map[string]string{"apiAccessLogs": value})
		require.NoError(t, err)
		require.Equal(t, want.logs, s.api.AccessLogs, value)
		require.Equal(t, want.owns, s.ownApiAccount, value)
	}
}

// folder has packages of FanOut's functions that start on this kind of processor.
func folder(t *testing.T) string {
	t.Helper()
	header := append([]byte(elf.ELFMAG), make([]byte, 60)...)
	binary.LittleEndian.PutUint16(header[18:], uint16(elf.EM_X86_64))
	dir := t.TempDir()
	for _, name := range []string{"publish-order", "store-order", "write-invoice", "get-order", "get-invoice"} {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		h := &zip.FileHeader{Name: "bootstrap"}
		h.SetMode(0o755)
		w, err := z.CreateHeader(h)
		require.NoError(t, err)
		_, err = w.Write(header)
		require.NoError(t, err)
		require.NoError(t, z.Close())
		require.NoError(t, os.WriteFile(filepath.Join(dir, name+".zip"), b.Bytes(), 0o600))
	}
	return dir
}

func TestTheProgramDeploysWhatTheConfigSays(t *testing.T) {
	const account, component = "order-patterns:components:ApiAccount", "order-patterns:components:FanOut"
	packages := folder(t)

	r := &recorder{}
	require.NoError(t, run(r, map[string]string{"packages": packages, "deleteData": "true", "storeBatchSize": "3", "invoiceBatchSize": "7"}, deploy))
	require.Contains(t, r.types(), component)
	require.NotContains(t, r.types(), account)
	batches := map[string]float64{}
	for _, args := range r.registered {
		switch args.TypeToken {
		case "aws:lambda/eventSourceMapping:EventSourceMapping":
			batches[args.Name] = args.Inputs["batchSize"].NumberValue()
		case "aws:lambda/function:Function":
			require.Equal(t, "x86_64", args.Inputs["architectures"].ArrayValue()[0].StringValue(), "what the packages were built for")
		}
		require.False(t, args.RegisterRPC.GetProtect(), args.Name)
	}
	require.Equal(t, map[string]float64{"fanout-store-order-mapping": 3, "fanout-write-invoice-mapping": 7}, batches)

	r = &recorder{}
	require.NoError(t, run(r, map[string]string{"packages": packages, "apiAccessLogs": "own-account"}, deploy))
	require.Contains(t, r.types(), account)

	r = &recorder{}
	require.ErrorContains(t, run(r, map[string]string{"packages": packages, "architecture": "arm64"}, deploy), "was built for x86_64, not for arm64")
	require.ErrorContains(t, run(r, map[string]string{"packages": packages, "logRetentionDays": "31"}, deploy), "Api.LogRetentionDays: must be one of")
	require.ErrorContains(t, run(r, map[string]string{"packages": "nowhere"}, deploy), "nowhere/store-order.zip: run `make build`")
	require.ErrorContains(t, run(r, map[string]string{"pattern": "nope"}, deploy), `there is no pattern "nope"`)
	require.Empty(t, r.registered)
}
