// Command orders is a client of the patterns' APIs.
//
// For the coffee patterns (fanout, orchestrator, eventstream) it places random orders and measures the latency of the answers, verifies
// that every accepted order is stored and invoiced, and reads single orders and invoices. For the eventstream pattern it replays the stream
// of orders to the pattern's functions. For the orchestrator pattern it starts failed executions again. For the fanout pattern it shows how
// orders wait in front of a table that is too small, and that none is lost. For the checker pattern it sets accounts and stock, places
// random orders, and prints how many were Shipped and Rejected, and why. It also prints what AWS charges for a stack.
//
//	orders place -n 1000 -c 16 && orders verify && orders show
//	orders get --accountid a0 --vendorid v0
//	orders invoice --accountid a0 -o invoice.json
//	orders replay --since 2026-03-01T08:00:00Z
//	orders redrive
//	orders checker -n 1000 -c 16 --customers 50 --products 20
//	orders demo --pattern all
//	orders cost --since 1h
//	orders experiment -n 10000
//	orders curl
//	orders token --account a0
//
// It uses the API at --url, or else the API of the running local stack of the project that contains the working directory. replay and
// redrive use the AWS resources that their flags name, or else those of the local stack. The exit status is 0 on success, otherwise 1.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "orders:", err)
		os.Exit(1)
	}
}

// run executes the command line.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	var t target
	root := &cobra.Command{
		Use:           "orders",
		Short:         "Place, verify and read orders of the patterns",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.CompletionOptions.DisableDefaultCmd = true
	root.PersistentFlags().StringVar(&t.url, "url", "", "base URL of the API, such as https://abc.execute-api.eu-west-1.amazonaws.com/prod (default: the running local stack)")
	root.PersistentFlags().StringVar(&t.pattern, "pattern", "", "which pattern of the local stack, if it runs several")
	root.PersistentFlags().StringVar(&t.token, "token", os.Getenv(tokenVariable), "token of the API's OpenID Connect issuer (default: $"+tokenVariable+"; for a local stack, one of its issuer)")
	root.PersistentFlags().BoolVar(&t.sign, "sign", false, "sign requests with your AWS credentials, for an API at --url with IAM authorization")
	root.MarkFlagsMutuallyExclusive("url", "pattern")
	root.MarkFlagsMutuallyExclusive("token", "sign")
	root.AddCommand(placeCommand(&t), verifyCommand(&t), getCommand(&t), invoiceCommand(&t), showCommand(&t), replayCommand(&t), redriveCommand(&t),
		checkerCommand(&t), demoCommand(&t), costCommand(&t), experimentCommand(&t), curlCommand(&t), tokenCommand())
	return root.ExecuteContext(ctx)
}
