package main

import (
	"archive/zip"
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

// TestMain lets the test binary be a function that sleeps before it requests an event, or one that ends.
func TestMain(m *testing.M) {
	switch api := os.Getenv("AWS_LAMBDA_RUNTIME_API"); {
	case api == "":
		os.Exit(m.Run())
	case os.Getenv("TABLE_NAME") == "":
		os.Exit(3)
	default:
		time.Sleep(30 * time.Millisecond)
		_, _ = http.Get("http://" + api + "/2018-06-01/runtime/invocation/next")
	}
}

func TestStartsAreMeasuredUntilTheFirstEventIsRequested(t *testing.T) {
	dir := t.TempDir()
	require.ErrorContains(t, printStarts(t.Context(), &strings.Builder{}, dir), "no zips in "+dir)
	program, err := os.ReadFile(os.Args[0])
	require.NoError(t, err)
	f, err := os.Create(filepath.Join(dir, "one.zip"))
	require.NoError(t, err)
	z, header := zip.NewWriter(f), &zip.FileHeader{Name: "bootstrap"}
	header.SetMode(0o755)
	w, err := z.CreateHeader(header)
	require.NoError(t, err)
	_, err = w.Write(program)
	require.NoError(t, err)
	require.NoError(t, z.Close())
	require.NoError(t, f.Close())

	var out strings.Builder
	require.NoError(t, printStarts(t.Context(), &out, dir))
	require.Regexp(t, `\n\| one \| [3-9]\d\.\d ms \| [0-9.]+ ms \|\n$`, out.String())

	defer func(all []string) { environment = all }(environment)
	environment = nil
	_, err = start(t.Context(), os.Args[0])
	require.ErrorContains(t, err, "it ended before it requested an event: exit status 3")
}

func TestEnvironmentHasTheVariablesOfEveryFunction(t *testing.T) {
	mains, err := filepath.Glob("../../handlers/functions/*/main.go")
	require.NoError(t, err)
	require.NotEmpty(t, mains)
	for _, file := range mains {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, name := range regexp.MustCompile(`"([A-Z]+_[A-Z_]+)"`).FindAllStringSubmatch(string(text), -1) {
			require.True(t, slices.ContainsFunc(environment, func(v string) bool { return strings.HasPrefix(v, name[1]+"=") }), "%s of %s", name[1], file)
		}
	}
}

func TestOrderIsCompletedWhenTheLastFunctionHasLoggedIt(t *testing.T) {
	began := time.Now()
	stored, invoiced := logged{orders: map[string]time.Time{}}, logged{orders: map[string]time.Time{}}
	stored.add(began.Add(2*time.Second), `{"level":"INFO","message":"order stored","orderid":"o1"}`)
	stored.add(began.Add(time.Second), `{"level":"INFO","message":"order stored","orderid":"o1"}`)
	stored.add(began.Add(time.Second), `{"level":"ERROR","orderid":"o2"}`)
	stored.add(began.Add(time.Second), `{"type":"platform.report"}`)
	stored.add(began, `not JSON`)
	_, ok := completed("o1", []logged{stored, invoiced})
	require.False(t, ok)
	invoiced.add(began.Add(5*time.Second), `{"level":"INFO","orderId":"o1"}`)
	at, ok := completed("o1", []logged{stored, invoiced})
	require.True(t, ok)
	require.Equal(t, began.Add(5*time.Second), at)
	require.Equal(t, map[string]time.Time{"o1": began.Add(time.Second)}, stored.orders)
	require.Len(t, stored.reports, 1)
}

func TestQuantiles(t *testing.T) {
	values := []time.Duration{3, 1, 2, 4}
	for q, want := range map[float64]time.Duration{0: 1, 0.25: 1, 0.5: 2, 0.95: 4, 1: 4} {
		require.Equal(t, want, quantile(values, q), q)
	}
}

func TestBadFlagsAreRefused(t *testing.T) {
	for args, want := range map[string]string{
		"-n 0":             "-n must be from 1 to 10000, got 0",
		"-n 10001":         "-n must be from 1 to 10000, got 10001",
		"-rounds -1":       "-rounds must be at least 1, got -1",
		"extra":            `unexpected argument "extra": only flags are accepted`,
		"-only fanout,tea": `-only must be some of packages, starts, deploying, fanout, orchestrator, eventstream, checker, batching, got ["tea"]`,
	} {
		_, err := parseFlags(strings.Fields(args))
		require.EqualError(t, err, want)
	}
}
