// Command orders is a client of the coffee patterns: it places random orders and measures how long their answers
// take, verifies that every accepted order was stored and invoiced, and reads single orders and invoices. Of the
// EventStream pattern it replays the stream of orders into its functions.
//
//	orders place -n 1000 -c 16 && orders verify && orders show
//	orders get --accountid a0 --vendorid v0
//	orders invoice --accountid a0 -o invoice.json
//	orders replay --since 2026-03-01T08:00:00Z
//
// It talks to the API at --url, or to the running local stack of the project around the working directory; replay talks
// to AWS about what its flags name, or to the local stack.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
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
