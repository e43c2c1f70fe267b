// Command review prints the effects of a change on a deployed stack, as one page of Markdown: resources, data, permissions, policy,
// cost and speed. It builds the base commit of the change and the working tree, deploys first the base and then the working tree to an
// embedded cloud, and compares them. Then it deploys each version to an empty cloud, and places orders in both. It needs no AWS account.
//
//	review --base main
//	review --base v1.2.0 --patterns fanout,checker --fail-on replace,widen
//
// The page is on standard output, and progress on standard error. The exit status is 0, 2 if a condition of --fail-on is met, or 1
// if the review failed or the change cannot be deployed.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/order-patterns/order-patterns/cmd/client/localstack"
	"github.com/order-patterns/order-patterns/cmd/review/part"
	"github.com/order-patterns/order-patterns/local/stack"
)

func main() {
	ctx, kill := stack.Interrupts()
	err := run(ctx, kill, os.Args[1:], os.Stdout, os.Stderr)
	var met *metError
	switch {
	case errors.As(err, &met):
		fmt.Fprintln(os.Stderr, "review:", err)
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "review:", err)
		os.Exit(1)
	}
}

// run is main without global state.
func run(ctx context.Context, kill <-chan struct{}, args []string, stdout, stderr io.Writer) error {
	var base, patterns, failOn string
	var rounds int
	cmd := &cobra.Command{
		Use:           "review",
		Short:         "Print the effects of a change on a deployed stack",
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			conditions, err := parseFailOn(failOn)
			if err = errors.Join(err, checkBase(base), checkPatterns(patterns), checkRounds(rounds)); err != nil {
				return err
			}
			project, err := localstack.Project()
			if err != nil {
				return err
			}
			load := &part.Load{}
			parts := []part.Part{&part.Policy{}, &part.Cost{Load: load}, &part.Speed{Load: load}}
			r := &reviewer{project: project, base: base, patterns: patterns, parts: parts, load: load, rounds: rounds, log: stderr, kill: kill}
			page, err := r.review(cmd.Context())
			if err != nil {
				return err
			}
			if err := page.Write(stdout); err != nil {
				return fmt.Errorf("writing the page: %w", err)
			}
			if failure := errors.Join(page.Failure, page.Anew); failure != nil {
				return fmt.Errorf("the change cannot be deployed: %w", failure)
			}
			return conditions.check(page)
		},
	}
	cmd.Flags().StringVar(&base, "base", "main", "branch, tag or commit to compare with")
	cmd.Flags().StringVar(&patterns, "patterns", "all", "patterns to deploy: one, several separated by commas, or all")
	cmd.Flags().StringVar(&failOn, "fail-on", "", "conditions for the exit status 2, separated by commas: "+accepted+" (default: none)")
	cmd.Flags().IntVar(&rounds, "rounds", 20, "rounds of orders to measure in each version of a changed pattern, 8 to 25; with 0, no orders are placed")
	cmd.SetArgs(args)
	cmd.SetOut(stderr)
	cmd.SetErr(stderr)
	return cmd.ExecuteContext(ctx)
}

func checkBase(base string) error {
	if strings.TrimSpace(base) == "" || strings.HasPrefix(base, "-") {
		return fmt.Errorf("--base %q: a branch, a tag or a commit is expected", base)
	}
	return nil
}

// checkPatterns refuses a text that is no list of names. Only the programs know which patterns exist, and the two versions may differ.
func checkPatterns(patterns string) error {
	for _, p := range strings.Split(patterns, ",") {
		if p = strings.TrimSpace(p); p == "" || strings.Trim(p, "abcdefghijklmnopqrstuvwxyz") != "" {
			return fmt.Errorf("--patterns %q: names of patterns such as fanout, separated by commas, or all, are expected", patterns)
		}
	}
	return nil
}

// checkRounds refuses too few rounds to know their spread, and more than a log group of the embedded cloud keeps.
func checkRounds(rounds int) error {
	if rounds != 0 && (rounds < 8 || rounds > 25) {
		return fmt.Errorf("--rounds must be 0, or from 8 to 25, got %d", rounds)
	}
	return nil
}
