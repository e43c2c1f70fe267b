// Command bench measures the figures of docs/performance.md and prints them as Markdown tables.
//
//	make bench
//	go -C cmd run ./bench -rounds 10 -n 5000 -only fanout,eventstream
//
// It deploys a stack of its own to an embedded cloud of its own, and removes both. The embedded cloud, the functions and
// this command, which places the orders, are separate processes and share the machine's processors.
//
// It is no Go benchmark: most figures are percentiles and rates of other processes, and testing.B reports means.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/order-patterns/order-patterns/cmd/client/localstack"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// parts are the names for -only.
var parts = []string{"packages", "starts", "deploying", "fanout", "orchestrator", "eventstream", "checker", "batching"}

// settings say what to measure.
type settings struct {
	parts          []string
	rounds, orders int // of each pattern, and of each round
}

func (s settings) measure(part string) bool { return slices.Contains(s.parts, part) }

func parseFlags(args []string) (s settings, err error) {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	only := flags.String("only", strings.Join(parts, ","), "what to measure, separated by commas")
	flags.IntVar(&s.rounds, "rounds", 5, "rounds of placing orders")
	// A log group of the embedded cloud keeps 8 MiB. The logs of more orders would not fit in.
	flags.IntVar(&s.orders, "n", 2000, "orders in each round, 1 to 10000")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	for name := range strings.SplitSeq(*only, ",") {
		s.parts = append(s.parts, strings.TrimSpace(name))
	}
	unknown := slices.DeleteFunc(slices.Clone(s.parts), func(name string) bool { return slices.Contains(parts, name) })
	switch {
	case flags.NArg() > 0:
		return s, fmt.Errorf("unexpected argument %q: only flags are accepted", flags.Arg(0))
	case len(unknown) > 0:
		return s, fmt.Errorf("-only must be some of %s, got %q", strings.Join(parts, ", "), unknown)
	case s.rounds < 1:
		return s, fmt.Errorf("-rounds must be at least 1, got %d", s.rounds)
	case s.orders < 1 || s.orders > 10_000:
		return s, fmt.Errorf("-n must be from 1 to 10000, got %d", s.orders)
	}
	return s, nil
}

func run(ctx context.Context, args []string, out io.Writer) (err error) {
	s, err := parseFlags(args)
	if err != nil {
		return err
	}
	project, err := localstack.Project()
	if err != nil {
		return err
	}
	printMachine(out)
	if s.measure("packages") {
		printPackages(out, filepath.Join(project, "build"))
	}
	if s.measure("starts") {
		if err := printStarts(ctx, out, filepath.Join(project, "build", "local")); err != nil {
			return err
		}
	}
	if !slices.ContainsFunc(parts[2:], s.measure) {
		return nil // the first two need no stack
	}
	d := &deployment{project: project}
	if d.stack.Home, err = os.MkdirTemp("", "order-patterns-bench-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.remove(context.WithoutCancel(ctx))) }()
	if s.measure("deploying") {
		if err := d.printTimes(ctx, out); err != nil {
			return err
		}
	}
	if err := d.up(ctx); err != nil {
		return err
	}
	for _, p := range patterns {
		if s.measure(p.name) {
			if err := d.printRounds(ctx, out, s, p); err != nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
		}
	}
	if s.measure("batching") {
		return d.printBatching(ctx, out, s)
	}
	return nil
}

// header prints the first two lines of a table.
func header(out io.Writer, names ...any) {
	row(out, names...)
	fmt.Fprintln(out, "|"+strings.Repeat("---|", len(names)))
}

// row prints a line of a table.
func row(out io.Writer, cells ...any) {
	fmt.Fprintf(out, "|"+strings.Repeat(" %v |", len(cells))+"\n", cells...)
}
