package bench

import (
	"archive/zip"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/cmd/client/rounds"
	"github.com/order-patterns/order-patterns/cmd/client/start"
)

// BenchmarkPackages measures the sizes of the zips that `make build` makes, in each of its folders.
func BenchmarkPackages(b *testing.B) {
	section("Packages", "The zips that `make build` made.", "folder", "zips", "smallest", "largest")
	for _, folder := range []string{"local", "arm64", "x86_64"} {
		zips, err := filepath.Glob(filepath.Join("../../build", folder, "*.zip"))
		require.NoError(b, err)
		var sizes []float64
		for _, name := range zips {
			info, err := os.Stat(name)
			require.NoError(b, err)
			sizes = append(sizes, float64(info.Size())/1e6)
		}
		if len(sizes) > 0 {
			row("build/"+folder, len(sizes), fmt.Sprintf("%.1f MB", slices.Min(sizes)), fmt.Sprintf("%.1f MB", slices.Max(sizes)))
		}
	}
}

const starts = 20 // of each function

// BenchmarkStarts measures each function's time from the start of its process until it requests its first event, when
// Lambda considers it initialised.
func BenchmarkStarts(b *testing.B) {
	zips, err := filepath.Glob("../../build/local/*.zip")
	require.NoError(b, err)
	require.NotEmpty(b, zips, "no zips in build/local: run `make package-local`")
	section("Start of a function", fmt.Sprintf("From the start of the process to its first `GET invocation/next`, of %d starts.", starts),
		"function", "median", "p95")
	for _, name := range zips {
		function := strings.TrimSuffix(filepath.Base(name), ".zip")
		b.Run(function, func(b *testing.B) {
			z, err := zip.OpenReader(name)
			require.NoError(b, err)
			defer z.Close()
			dir := b.TempDir()
			require.NoError(b, os.CopyFS(dir, z))
			var took []time.Duration
			for range starts {
				d, err := start.Measure(ctx, filepath.Join(dir, "bootstrap"), start.Environment)
				require.NoError(b, err)
				took = append(took, d)
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(rounds.Quantile(took, 0.5).Microseconds()), "µs/start")
			row(function, short(rounds.Quantile(took, 0.5)), short(rounds.Quantile(took, 0.95)))
		})
	}
}

func TestStartIsMeasuredUntilTheFirstEventIsRequested(t *testing.T) {
	took, err := start.Measure(ctx, os.Args[0], start.Environment)
	require.NoError(t, err)
	require.GreaterOrEqual(t, took, 30*time.Millisecond)
	_, err = start.Measure(ctx, os.Args[0], nil)
	require.ErrorContains(t, err, "it ended before it requested an event: exit status 3")
}
