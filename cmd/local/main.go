// Command local runs the Pulumi program against the embedded cloud, and shows a bill on its page. The Makefile's targets up, preview, down,
// console, outputs and env call it.
package main

import (
	"github.com/order-patterns/order-patterns/cmd/client/billing"
	"github.com/order-patterns/order-patterns/local/command"
)

func main() { command.Main(billing.Charges) }
