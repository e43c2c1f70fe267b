// Command packages builds and zips the Lambda functions of the components. It is for programs that import the components and have no
// checkout of this repository.
//
//	go run github.com/order-patterns/order-patterns/packages -o lambda
//
// builds the functions of the version in the program's go.mod, for arm64, into the folder lambda. Set Common.Packages to that folder. A
// function that has not changed keeps its zip: the same source gives the same zip, byte for byte.
//
// The architecture is arm64, x86_64, or local, which is for an embedded cloud on this machine. Names of functions select some of them. To
// build your own functions, give the paths of their packages:
//
//	go run github.com/order-patterns/order-patterns/packages -o lambda ./functions/...
//
// It needs Go. The first run needs a module proxy.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
)

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt)
	defer cancel()
	if err := run(ctx, os.Args[1:], os.Stderr); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			os.Exit(2)
		}
		fmt.Fprintln(os.Stderr, "packages:", err)
		os.Exit(1)
	}
}

// run is main without global state.
func run(ctx context.Context, args []string, stderr io.Writer) error {
	flags := flag.NewFlagSet("packages", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprintln(stderr, "usage: packages -o FOLDER [-arch arm64|x86_64|local] [FUNCTION ... | ./PACKAGE ...]")
		flags.PrintDefaults()
	}
	out := flags.String("o", "", "folder for the zips (required)")
	arch := flags.String("arch", "arm64", "processor of the functions: arm64, x86_64, or local for this machine")
	if err := flags.Parse(args); err != nil {
		return err
	}
	target, known := targets()[*arch]
	switch {
	case *out == "":
		return errors.New("-o: a folder for the zips is required")
	case !known:
		return fmt.Errorf("-arch %q: must be arm64, x86_64 or local", *arch)
	}
	source, err := find(ctx, flags.Args())
	if err != nil {
		return err
	}
	defer source.remove()
	executables, err := os.MkdirTemp("", "packages-")
	if err != nil {
		return fmt.Errorf("making a temporary folder: %w", err)
	}
	defer os.RemoveAll(executables)
	if err := source.build(ctx, target, executables, stderr); err != nil {
		return err
	}
	return zipAll(executables, *out, stderr)
}
