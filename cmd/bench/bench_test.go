package main

import (
	"archive/zip"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestMain lets the test binary be a function, too: one that sleeps before it asks for an event, or one that ends.
func TestMain(m *testing.M) {
	switch api := os.Getenv("AWS_LAMBDA_RUNTIME_API"); {
	case api == "":
		os.Exit(m.Run())
	case os.Getenv("AWS_LAMBDA_FUNCTION_NAME") == "broken":
		os.Exit(3)
	default:
		time.Sleep(30 * time.Millisecond)
		_, _ = http.Get("http://" + api + "/2018-06-01/runtime/invocation/next")
	}
}

func TestStartIsTimedUntilTheFirstEventIsAskedFor(t *testing.T) {
	program, err := os.Executable()
	require.NoError(t, err)
	took, err := start(t.Context(), program, "slow")
	require.NoError(t, err)
	require.GreaterOrEqual(t, took, 30*time.Millisecond)

	_, err = start(t.Context(), program, "broken")
	require.ErrorContains(t, err, "it ended before it asked for an event: exit status 3")

	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	_, err = start(ctx, program, "slow")
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestStartsOfEveryPackageAreMeasured(t *testing.T) {
	dir := t.TempDir()
	require.ErrorContains(t, printStarts(t.Context(), io.Discard, dir, 1), "no zips in "+dir)
	program, err := os.Executable()
	require.NoError(t, err)
	for _, name := range []string{"one", "two"} {
		pack(t, filepath.Join(dir, name+".zip"), program)
	}
	var out strings.Builder
	require.NoError(t, printStarts(t.Context(), &out, dir, 2))
	require.Regexp(t, `\| one \| [0-9.]+ ms \| [0-9.]+ ms \|\n\| two \| `, out.String())
}

func pack(t *testing.T, file, program string) {
	t.Helper()
	f, err := os.Create(file)
	require.NoError(t, err)
	z := zip.NewWriter(f)
	w, err := z.CreateHeader(&zip.FileHeader{Name: "bootstrap", Method: zip.Store})
	require.NoError(t, err)
	data, err := os.ReadFile(program)
	require.NoError(t, err)
	_, err = w.Write(data)
	require.NoError(t, err)
	require.NoError(t, z.Close())
	require.NoError(t, f.Close())
}

func TestPackageSizesOfWhatIsBuilt(t *testing.T) {
	dir := t.TempDir()
	require.ErrorContains(t, printPackages(io.Discard, dir), "run `make build`")
	for name, size := range map[string]int{"local/a": 4_100_000, "local/b": 3_000_000, "arm64/a": 3_950_000} {
		file := filepath.Join(dir, name+".zip")
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o700))
		require.NoError(t, os.WriteFile(file, make([]byte, size), 0o600))
	}
	var out strings.Builder
	require.NoError(t, printPackages(&out, dir))
	require.Contains(t, out.String(), "| zip | build/local | build/arm64 |\n|---|---|---|\n| a | 4.1 MB | 4.0 MB |\n| b | 3.0 MB | |\n")
}

func TestQuantiles(t *testing.T) {
	var values []time.Duration
	for i := 20; i > 0; i-- {
		values = append(values, time.Duration(i))
	}
	for q, want := range map[float64]time.Duration{0: 1, 0.05: 1, 0.5: 10, 0.95: 19, 1: 20} {
		require.Equal(t, want, quantile(values, q), q)
	}
	require.Equal(t, time.Duration(7), quantile([]time.Duration{7}, 0.5))
}

func TestMemoryIsOfTheCloudAndItsChildren(t *testing.T) {
	m, err := parseProcesses("    1     0  100\n  42     1 2048\n  50    42   10\n  51    42   20\n  60    50  999\n", 42)
	require.NoError(t, err)
	require.Equal(t, memory{cloud: 2 << 20, functions: []int{50, 51}, inFunctions: 30 << 10}, m)
	_, err = parseProcesses("1 0 100\n", 42)
	require.ErrorContains(t, err, "the embedded cloud, process 42, is gone")
	_, err = parseProcesses("PID PPID RSS\n", 42)
	require.Error(t, err)
}

func TestSharedPagesAreDividedAmongProcesses(t *testing.T) {
	if _, err := os.Stat("/proc/self/smaps_rollup"); err != nil {
		t.Skip("needs Linux's smaps_rollup")
	}
	n := shared([]int{os.Getpid()})
	require.Greater(t, n, 1<<20)
	require.Less(t, n, 4<<30)
	require.Zero(t, shared([]int{os.Getpid(), -1}), "not known of all")
}

func TestMachineIsNamed(t *testing.T) {
	var out strings.Builder
	printMachine(&out)
	require.Regexp(t, `\| cores \| [1-9]`, out.String())
	require.Regexp(t, `\| Go \| go1\.`, out.String())
}

func TestBadFlagsAreRefused(t *testing.T) {
	for args, want := range map[string]string{
		"-n 0":                                "at least 1",
		"-rounds -1":                          "at least 1",
		"-rate 0":                             "at least 1",
		"-steady 0":                           "at least 1",
		"extra":                               "nothing but flags",
		"-n 10001":                            "-n must be at most 10000, got 10001",
		"-rate 200 -steady 21":                "-rate for -steady and 30 seconds more must be at most 10000 orders, got 200 a second for 21 s",
		"-rate 3037000500 -steady 3037000500": "-rate for -steady",
		"-only fanuot":                        `there is no part "fanuot"; choose from packages, starts, deploying, fanout,`,
		"-only fanout,":                       `there is no part ""`,
		"-n 0 -only x":                        `there is no part "x"`,
		"-x":                                  "not defined: -x",
	} {
		_, err := parseFlags(strings.Fields(args), io.Discard)
		require.ErrorContains(t, err, want, args)
	}
	t.Chdir(t.TempDir())
	require.ErrorContains(t, run(t.Context(), nil, io.Discard), "make bench")
}

func TestPartsAreChosenAndWhatTheyNeedIsDeployed(t *testing.T) {
	for only, want := range map[string]string{
		"":                                "all",
		"packages,starts":                 "",
		"fanout, checker":                 "fanout,checker",
		"eventstream,batching,packages":   "eventstream",
		"batching":                        "eventstream",
		"orchestrator,deploying,batching": "all",
	} {
		s, err := parseFlags([]string{"-only", only}, io.Discard)
		require.NoError(t, err, only)
		require.Equal(t, want, deployed(s.parts), only)
		for _, part := range parts {
			require.Equal(t, only == "" || slices.Contains(strings.Split(strings.ReplaceAll(only, " ", ""), ","), part), s.measure(part), "%s of %q", part, only)
		}
	}
}

// Each function refuses to start without the variables that its main names.
func TestEveryFunctionsVariablesAreKnown(t *testing.T) {
	known := map[string]bool{}
	for _, v := range variables("", "f") {
		name, value, _ := strings.Cut(v, "=")
		known[name] = value != ""
	}
	mains, err := filepath.Glob("../../handlers/*/main.go")
	require.NoError(t, err)
	require.NotEmpty(t, mains)
	for _, file := range mains {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, name := range regexp.MustCompile(`"([A-Z]+_[A-Z_]+)"`).FindAllStringSubmatch(string(text), -1) {
			require.True(t, known[name[1]], "%s of %s", name[1], file)
		}
	}
}
