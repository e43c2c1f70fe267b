// Command local runs a Pulumi program against the embedded cloud.
package main

import "github.com/order-patterns/order-patterns/local/command"

func main() { command.Main(nil) }
