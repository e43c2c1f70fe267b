// Command schema prints the schema of the Pulumi package on standard output: schema [VERSION].
package main

import (
	"fmt"
	"os"

	"github.com/order-patterns/order-patterns/provider"
)

func main() {
	version := ""
	if len(os.Args) > 1 {
		version = os.Args[1]
	}
	text, err := provider.Schema(version)
	if err == nil {
		_, err = os.Stdout.Write(text)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "schema:", err)
		os.Exit(1)
	}
}
