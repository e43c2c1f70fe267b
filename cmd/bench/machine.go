package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// printMachine describes the machine. Processor and memory are known on Linux only.
func printMachine(out io.Writer) {
	fmt.Fprint(out, "## Machine\n\n")
	header(out, "", "")
	row(out, "date", time.Now().Format(time.DateOnly))
	row(out, "processor", fmt.Sprintf("%s, %d cores", field("/proc/cpuinfo", "model name"), runtime.NumCPU()))
	row(out, "memory", field("/proc/meminfo", "MemTotal"))
	system, _ := exec.Command("uname", "-sr").Output()
	row(out, "system", strings.TrimSpace(string(system))+", "+runtime.GOARCH)
	row(out, "Go", runtime.Version())
}

// field is a value of a file with lines like "name : value"; "unknown" if there is none.
func field(file, name string) string {
	text, _ := os.ReadFile(file)
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

// memory describes the resident memory of the embedded cloud's process and of its children, which are the functions.
func memory(ctx context.Context, cloud int) (string, error) {
	text, err := exec.CommandContext(ctx, "ps", "-A", "-o", "pid=,ppid=,rss=").Output()
	if err != nil {
		return "", fmt.Errorf("measuring memory with ps: %w", err)
	}
	var inCloud, functions, inFunctions, unshared int // kB
	for line := range strings.Lines(string(text)) {
		var pid, parent, rss, pss int
		if _, err := fmt.Sscan(line, &pid, &parent, &rss); err != nil {
			return "", fmt.Errorf("ps printed %q: %w", line, err)
		}
		switch cloud {
		case pid:
			inCloud = rss
		case parent:
			// Pss divides a page among the processes that share it. It is known on Linux only.
			_, _ = fmt.Sscan(field(fmt.Sprintf("/proc/%d/smaps_rollup", pid), "Pss"), &pss)
			functions, inFunctions, unshared = functions+1, inFunctions+rss, unshared+pss
		}
	}
	return fmt.Sprintf("the embedded cloud %d MB; the functions' %d processes %d MB together, %d MB with the pages that they share counted once",
		inCloud/1000, functions, inFunctions/1000, unshared/1000), nil
}
