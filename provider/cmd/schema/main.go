// Command schema prints the schema of the Pulumi package on standard output.
package main

import (
	"fmt"
	"os"

	"github.com/order-patterns/order-patterns/provider"
)

func main() {
	text, err := provider.Schema("")
	if err == nil {
		_, err = os.Stdout.Write(text)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "schema:", err)
		os.Exit(1)
	}
}
