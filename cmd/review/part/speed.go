package part

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/order-patterns/order-patterns/cmd/client/start"
	"github.com/order-patterns/order-patterns/cmd/review/change"
)

// Speed compares the sizes of the functions' zips, how long functions take to start whose code has changed, and how orders are
// processed. Both versions are measured in turn, so that what else the machine does affects both.
type Speed struct {
	// Load is what orders show. Required.
	Load *Load

	versions []map[string]pack // by function: base, head
}

// pack is what is deployed of a function.
type pack struct {
	zip  string // the file
	size int64
	// environment is that of the function, if it is deployed.
	environment []string
}

// starts is how often each version of a function is started.
const starts = 20

// Title implements Part.
func (s *Speed) Title() string { return "Speed" }

// Measure implements Part.
func (s *Speed) Measure(_ context.Context, v Version) error {
	zips, err := filepath.Glob(filepath.Join(v.Project, "build", "local", "*.zip"))
	if err != nil {
		return err
	}
	packs := map[string]pack{}
	for _, file := range zips {
		// A zip of a function that is gone may still be there from an earlier build.
		function := strings.TrimSuffix(filepath.Base(file), ".zip")
		if _, err := os.Stat(filepath.Join(v.Project, "handlers", "functions", function)); err != nil {
			continue
		}
		info, err := os.Stat(file)
		if err != nil {
			return err
		}
		packs[function] = pack{zip: file, size: info.Size(), environment: environment(function, v.Resources)}
	}
	s.versions = append(s.versions, packs)
	return nil
}

// environment returns the variables of the first function that is deployed with a zip. Its code is in S3 under a key whose last
// part but one is the name of the zip.
func environment(function string, resources []change.Resource) []string {
	for _, r := range resources {
		key, _ := r.Inputs["s3Key"].(string)
		if r.Type != "aws:lambda/function:Function" || filepath.Base(filepath.Dir(key)) != function {
			continue
		}
		variables := []string{}
		settings, _ := r.Inputs["environment"].(map[string]any)
		values, _ := settings["variables"].(map[string]any)
		for name, value := range values {
			if text, ok := value.(string); ok {
				variables = append(variables, name+"="+text)
			}
		}
		return variables
	}
	return nil
}

// Section implements Part.
func (s *Speed) Section(ctx context.Context) (Section, error) {
	section, err := s.functions(ctx)
	if err != nil {
		return Section{}, err
	}
	return section.and(s.Load.speed()), nil
}

// functions compares the zips and the starts of functions whose code has changed.
func (s *Speed) functions(ctx context.Context) (Section, error) {
	before, after := s.versions[0], s.versions[1]
	all := maps.Clone(before)
	maps.Copy(all, after)
	var rows, slow []string
	worst := 0.0
	for _, function := range slices.Sorted(maps.Keys(all)) {
		was, is := before[function], after[function]
		same, err := equal(was.zip, is.zip)
		if err != nil {
			return Section{}, err
		}
		if same {
			continue
		}
		cells := []string{"–", "–", "not measured"}
		if was.environment != nil && is.environment != nil {
			old, new, err := sideBySide(ctx, was, is)
			if err != nil {
				return Section{}, fmt.Errorf("starting %s: %w", function, err)
			}
			by, verdict := slower(old, new)
			if by > 0 {
				worst, slow = max(worst, by), append(slow, function)
			}
			cells = []string{milliseconds(old), milliseconds(new), verdict}
		}
		rows = append(rows, fmt.Sprintf("| `%s` | %s | %s | %s | %s |", function, megabytes(was.size), megabytes(is.size), difference(was.size, is.size), strings.Join(cells, " | ")))
	}
	if len(rows) == 0 {
		return Section{Markdown: "The functions have the code that they had."}, nil
	}
	section := Section{Markdown: fmt.Sprintf("Functions whose code is another one. The zips are built for this machine. Start time is from the start of the process to its request "+
		"for the first event: median and quartiles of %d starts of each version, in turn.\n\n", starts) +
		"| function | zip before | after | difference | start before | after | difference |\n|---|--:|--:|--:|--:|--:|---|\n" + strings.Join(rows, "\n")}
	if len(slow) > 0 {
		section.Summary = fmt.Sprintf("**slower start of `%s`**", strings.Join(slow, "`, `"))
		section.Met = map[string]float64{"slower": worst}
	}
	return section, nil
}

// equal returns whether two zips are the same. None is not the same as one.
func equal(a, b string) (bool, error) {
	if a == "" || b == "" {
		return false, nil
	}
	was, err := os.ReadFile(a)
	if err != nil {
		return false, err
	}
	is, err := os.ReadFile(b)
	return bytes.Equal(was, is), err
}

// sideBySide starts both versions of a function, in turn.
func sideBySide(ctx context.Context, was, is pack) (old, new []time.Duration, err error) {
	folder, err := os.MkdirTemp("", "review-start-")
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	measure := func(p pack, name string) (time.Duration, error) {
		dir := filepath.Join(folder, name)
		return start.Measure(ctx, filepath.Join(dir, "bootstrap"), slices.Concat(start.Environment, p.environment))
	}
	for name, p := range map[string]pack{"before": was, "after": is} {
		if err := unzip(p.zip, filepath.Join(folder, name)); err != nil {
			return nil, nil, err
		}
		if _, err := measure(p, name); err != nil { // the first start reads the file from the disk
			return nil, nil, err
		}
	}
	for range starts {
		took, err := measure(was, "before")
		if err != nil {
			return nil, nil, err
		}
		old = append(old, took)
		if took, err = measure(is, "after"); err != nil {
			return nil, nil, err
		}
		new = append(new, took)
	}
	return old, new, nil
}

func unzip(file, folder string) error {
	z, err := zip.OpenReader(file)
	if err != nil {
		return err
	}
	return errors.Join(os.CopyFS(folder, z), z.Close())
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
