// Command orders is a client of the patterns. Of the coffee patterns it places random orders and measures how long their
// answers take, verifies that every accepted order was stored and invoiced, and reads single orders and invoices. Of the
// EventStream pattern it replays the stream of orders into its functions. Of the CheckerPipeline pattern it fills
// accounts and stock, places random orders, and tells how many were Shipped or Rejected, and why.
//
//	orders place -n 1000 -c 16 && orders verify && orders show
//	orders get --accountid a0 --vendorid v0
//	orders invoice --accountid a0 -o invoice.json
//	orders replay --since 2026-03-01T08:00:00Z
//	orders checkout -n 1000 -c 16 --customers 50 --products 20
//	orders demo --pattern all
//
// It talks to the API at --url, or to the running local stack of the project around the working directory; replay talks
// to AWS about what its flags name, or to the local stack. The exit status is 0 if all went well, else 1.
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
