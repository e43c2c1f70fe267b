package main

import (
	"context"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
)

// memory is what processes have resident, in bytes.
type memory struct {
	cloud       int
	functions   []int // processes
	inFunctions int   // the pages that they share counted in each
}

// memoryOf measures the embedded cloud's process and those of the functions, which are its children.
func memoryOf(ctx context.Context, cloud int) (memory, error) {
	text, err := exec.CommandContext(ctx, "ps", "-A", "-o", "pid=,ppid=,rss=").Output()
	if err != nil {
		return memory{}, fmt.Errorf("measuring memory with ps: %w", err)
	}
	return parseProcesses(string(text), cloud)
}

// parseProcesses reads lines of a process's number, its parent's, and its memory in KiB.
func parseProcesses(text string, cloud int) (memory, error) {
	var m memory
	for line := range strings.Lines(text) {
		var pid, parent, rss int
		if _, err := fmt.Sscan(line, &pid, &parent, &rss); err != nil {
			return m, fmt.Errorf("ps printed %q: %w", line, err)
		}
		switch cloud {
		case pid:
			m.cloud = rss << 10
		case parent:
			m.functions = append(m.functions, pid)
			m.inFunctions += rss << 10
		}
	}
	if m.cloud == 0 {
		return m, fmt.Errorf("the embedded cloud, process %d, is gone", cloud)
	}
	return m, nil
}

// shared is what processes have resident if a page that several share is divided among them, in bytes; 0 where the
// system does not tell.
func shared(pids []int) (total int) {
	for _, pid := range pids {
		n, err := strconv.Atoi(strings.TrimSuffix(field(fmt.Sprintf("/proc/%d/smaps_rollup", pid), "Pss"), " kB"))
		if err != nil {
			return 0
		}
		total += n << 10
	}
	return total
}

func megabytes(n int) float64 { return float64(n) / 1e6 }
