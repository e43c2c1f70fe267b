// Command bench measures what docs/performance.md records, and prints it as Markdown: how quickly functions start, how
// large their packages are, how long deploying takes, and what the patterns do on the embedded cloud.
//
//	make bench
//	go run ./cmd/bench -rounds 10 -n 5000
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

// settings are how much is measured.
type settings struct {
	starts                  int // of each function
	rounds, orders, clients int // rounds of so many orders, so many at a time
}

func run(ctx context.Context, args []string, out io.Writer) (err error) {
	var s settings
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.IntVar(&s.starts, "starts", 20, "how often to start each function")
	flags.IntVar(&s.rounds, "rounds", 5, "rounds of placing orders")
	flags.IntVar(&s.orders, "n", 2000, "orders in each round")
	flags.IntVar(&s.clients, "c", 16, "orders placed at once")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if min(s.starts, s.rounds, s.orders, s.clients) < 1 || flags.NArg() > 0 {
		return errors.New("all of -starts, -rounds, -n and -c must be at least 1, and nothing else be given")
	}
	project, err := os.Getwd()
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(project, "Pulumi.yaml")); err != nil {
		return errors.New("run this in the folder of the project, or type `make bench`")
	}

	printMachine(out)
	if err := printPackages(out, filepath.Join(project, "build")); err != nil {
		return err
	}
	if err := printStarts(ctx, out, filepath.Join(project, "build", "local"), s.starts); err != nil {
		return err
	}
	d, err := newDeployment(project)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.remove(context.WithoutCancel(ctx))) }()
	if err := d.printTimes(ctx, out); err != nil {
		return err
	}
	return d.printThroughput(ctx, out, s)
}
