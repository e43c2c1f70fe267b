// Command bench measures what docs/performance.md records, and prints it as Markdown: how quickly functions start, how
// large their packages are, how long deploying takes, what the patterns do on the embedded cloud, and what the settings of a
// stream's readers cost.
//
//	make bench
//	go run ./cmd/bench -rounds 10 -n 5000 -only fanout,eventstream
//	go run ./cmd/bench -only batching -rate 100 -steady 60
//
// The embedded cloud, its functions and this command, which places the orders, are processes of their own and share the
// machine's processors. It uses a stack of its own, and removes it.
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
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// settings are what is measured, and how much.
type settings struct {
	parts                   []string
	starts                  int // of each function
	rounds, orders, clients int // rounds of so many orders, so many at a time
	rate, steady            int // orders a second, for so many seconds
}

// maxOrders are placed at a time: what a function logs about more does not fit into its log group on the embedded cloud,
// from which it is read when each was done.
const maxOrders = 10_000

// parseFlags reads the command line, and reports everything that is wrong with it at once.
func parseFlags(args []string, out io.Writer) (settings, error) {
	var s settings
	var only string
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(out)
	flags.StringVar(&only, "only", "", "what to measure, separated by commas: "+strings.Join(parts, ", ")+"; default all")
	flags.IntVar(&s.starts, "starts", 20, "how often to start each function")
	flags.IntVar(&s.rounds, "rounds", 5, "rounds of placing orders")
	flags.IntVar(&s.orders, "n", 2000, fmt.Sprintf("orders in each round, at most %d", maxOrders))
	flags.IntVar(&s.clients, "c", 16, "orders placed at once")
	flags.IntVar(&s.rate, "rate", 100, "batching: orders a second")
	flags.IntVar(&s.steady, "steady", 60, "batching: for so many seconds")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	var errs []error
	if min(s.starts, s.rounds, s.orders, s.clients, s.rate, s.steady) < 1 || flags.NArg() > 0 {
		errs = append(errs, errors.New("all numbers must be at least 1, and nothing but flags be given"))
	}
	if s.orders > maxOrders {
		errs = append(errs, fmt.Errorf("-n must be at most %d, got %d", maxOrders, s.orders))
	}
	// The product of two large numbers may be a small one.
	if steady := s.steady + longestWindow(); s.rate > maxOrders || s.steady > maxOrders || s.rate*steady > maxOrders {
		errs = append(errs, fmt.Errorf("-rate for -steady and %d seconds more must be at most %d orders, got %d a second for %d s",
			longestWindow(), maxOrders, s.rate, s.steady))
	}
	var err error
	if s.parts, err = parseParts(only); err != nil {
		errs = append(errs, err)
	}
	return s, errors.Join(errs...)
}

func (s settings) measure(part string) bool { return slices.Contains(s.parts, part) }

func run(ctx context.Context, args []string, out io.Writer) (err error) {
	s, err := parseFlags(args, os.Stderr)
	if err != nil {
		return err
	}
	project, err := os.Getwd()
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(project, "Pulumi.yaml")); err != nil {
		return errors.New("run this in the folder of the project, or type `make bench`")
	}

	printMachine(out)
	if s.measure("packages") {
		if err := printPackages(out, filepath.Join(project, "build")); err != nil {
			return err
		}
	}
	if s.measure("starts") {
		if err := printStarts(ctx, out, filepath.Join(project, "build", "local"), s.starts); err != nil {
			return err
		}
	}
	pattern := deployed(s.parts)
	if pattern == "" {
		return nil
	}
	d, err := newDeployment(project, pattern)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.remove(context.WithoutCancel(ctx))) }()
	if s.measure("deploying") {
		err = d.printTimes(ctx, out)
	} else {
		_, _, err = d.up(ctx)
	}
	if err != nil {
		return err
	}
	return d.printPatterns(ctx, out, s)
}
