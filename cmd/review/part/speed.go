package part

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Speed compares the sizes of the functions' zips.
type Speed struct {
	versions []map[string]int64 // size of each zip, by function: base, head
}

// Title implements Part.
func (s *Speed) Title() string { return "Speed" }

// Conditions implements Part.
func (s *Speed) Conditions() []string { return nil }

// Measure implements Part.
func (s *Speed) Measure(_ context.Context, v Version) error {
	zips, err := filepath.Glob(filepath.Join(v.Project, "build", "local", "*.zip"))
	if err != nil {
		return err
	}
	sizes := map[string]int64{}
	for _, zip := range zips {
		// A zip of a function that is gone may still be there from an earlier build.
		function := strings.TrimSuffix(filepath.Base(zip), ".zip")
		if _, err := os.Stat(filepath.Join(v.Project, "handlers", "functions", function)); err != nil {
			continue
		}
		info, err := os.Stat(zip)
		if err != nil {
			return err
		}
		sizes[function] = info.Size()
	}
	s.versions = append(s.versions, sizes)
	return nil
}

// Section implements Part.
func (s *Speed) Section() Section {
	before, after := s.versions[0], s.versions[1]
	all := maps.Clone(before)
	maps.Copy(all, after)
	var rows []string
	for _, function := range slices.Sorted(maps.Keys(all)) {
		was, is := before[function], after[function]
		if was == is {
			continue
		}
		rows = append(rows, fmt.Sprintf("| `%s` | %s | %s | %s |", function, megabytes(was), megabytes(is), difference(was, is)))
	}
	if len(rows) == 0 {
		return Section{Markdown: "The zips of the functions have the size that they had. Start time, throughput and latency: not measured."}
	}
	return Section{Markdown: "Size of the zips, built for this machine. Start time, throughput and latency: not measured.\n\n" +
		"| function | before | after | difference |\n|---|--:|--:|--:|\n" + strings.Join(rows, "\n")}
}

func megabytes(bytes int64) string {
	if bytes == 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f MB", float64(bytes)/1e6)
}

func difference(was, is int64) string {
	switch {
	case was == 0:
		return "new"
	case is == 0:
		return "removed"
	default:
		return fmt.Sprintf("%+.1f kB (%+.1f %%)", float64(is-was)/1e3, 100*float64(is-was)/float64(was))
	}
}
