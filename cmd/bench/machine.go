package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// printMachine names what the figures were measured on.
func printMachine(out io.Writer) {
	fmt.Fprintf(out, "## Machine\n\n| | |\n|---|---|\n")
	row := func(name, value string) { fmt.Fprintf(out, "| %s | %s |\n", name, value) }
	row("date", time.Now().Format(time.DateOnly))
	row("processor", or(field("/proc/cpuinfo", "model name"), command("sysctl", "-n", "machdep.cpu.brand_string")))
	row("cores", strconv.Itoa(runtime.NumCPU()))
	row("memory", or(gibibytes(strings.TrimSuffix(field("/proc/meminfo", "MemTotal"), " kB"), 1<<10), gibibytes(command("sysctl", "-n", "hw.memsize"), 1)))
	row("system", command("uname", "-sr")+", "+runtime.GOARCH)
	row("Go", runtime.Version())
	// Who else computes on this machine takes from every figure below.
	row("load before", or(loadAverage(), command("sysctl", "-n", "vm.loadavg")))
}

func loadAverage() string {
	text, _ := os.ReadFile("/proc/loadavg")
	fields := strings.Fields(string(text))
	return strings.Join(fields[:min(3, len(fields))], " ")
}

// field is a value of a file with lines like "name : value"; empty if there is none.
func field(file, name string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// command is what a command prints; empty if there is no such command here.
func command(name string, args ...string) string {
	text, _ := exec.Command(name, args...).Output()
	return strings.TrimSpace(string(text))
}

// gibibytes reads a number of units; empty if it is none.
func gibibytes(number string, unit int) string {
	n, err := strconv.Atoi(number)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%.1f GiB", float64(n)*float64(unit)/(1<<30))
}

func or(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return "unknown"
}
