package bench

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

var (
	// ctx ends when the benchmarks are interrupted. They fail then, and remove what they deployed.
	ctx context.Context
	// page is the Markdown to print at the end.
	page strings.Builder
)

func TestMain(m *testing.M) {
	if api := os.Getenv("AWS_LAMBDA_RUNTIME_API"); api != "" {
		fakeFunction(api)
	}
	ctx, _ = signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := m.Run()
	if page.Len() > 0 {
		benchmarks := page.String()
		page.Reset()
		machine()
		fmt.Print(page.String() + benchmarks)
	}
	os.Exit(code)
}

// section starts a section of the page with a table that has these columns.
func section(title, text string, columns ...any) {
	fmt.Fprintf(&page, "\n## %s\n\n%s\n\n", title, text)
	row(columns...)
	fmt.Fprintln(&page, "|"+strings.Repeat("---|", len(columns)))
}

// row adds a row to the table.
func row(cells ...any) {
	fmt.Fprintf(&page, "|"+strings.Repeat(" %v |", len(cells))+"\n", cells...)
}

// machine adds a description of the machine. Processor and memory are known on Linux only.
func machine() {
	var kB float64
	_, _ = fmt.Sscan(field("/proc/meminfo", "MemTotal"), &kB)
	system, _ := exec.Command("uname", "-sr").Output()
	section("Machine", "Where the figures were measured.", "", "")
	row("date", time.Now().Format(time.DateOnly))
	row("processor", fmt.Sprintf("%s, %d cores", field("/proc/cpuinfo", "model name"), runtime.NumCPU()))
	row("memory", fmt.Sprintf("%.1f GiB", kB/(1<<20)))
	row("system", strings.TrimSpace(string(system))+", "+runtime.GOARCH)
	row("Go", runtime.Version())
}

// field is a value of a file with lines like "name : value"; "" if there is none.
func field(file, name string) string {
	text, _ := os.ReadFile(file)
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// short formats a duration with the digits that matter.
func short(d time.Duration) string {
	if d >= time.Second {
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
}

// fakeFunction is what the test binary does when it is started as a function: without TABLE_NAME it ends, as a function
// that lacks a variable does, else it requests an event after 30 ms.
func fakeFunction(api string) {
	if os.Getenv("TABLE_NAME") == "" {
		os.Exit(3)
	}
	time.Sleep(30 * time.Millisecond)
	_, _ = http.Get("http://" + api + "/2018-06-01/runtime/invocation/next")
	os.Exit(0)
}
