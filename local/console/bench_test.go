package console_test

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkSample reads what happens in nine shops, which have as many nodes as the four patterns. CPU-ms/op is the time of the processor for
// both the console and the services.
func BenchmarkSample(b *testing.B) {
	w := newWorld(b)
	for i := range 9 {
		s := w.shopNamed(b, fmt.Sprintf("shop%d", i))
		s.send(b, 20)
	}
	sample := w.console.NewSampler()
	_, err := sample(b.Context())
	require.NoError(b, err)
	w.Clock.Advance(10 * time.Second) // nothing runs any more
	_, err = sample(b.Context())
	require.NoError(b, err)
	before := processor(b)
	for b.Loop() {
		if _, err := sample(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric((processor(b)-before)/float64(b.N), "CPU-ms/op")
}

// processor is the time of the processor that this process has used, in milliseconds.
func processor(b *testing.B) float64 {
	b.Helper()
	var u syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return float64(u.Utime.Sec+u.Stime.Sec)*1e3 + float64(u.Utime.Usec+u.Stime.Usec)/1e3
}
