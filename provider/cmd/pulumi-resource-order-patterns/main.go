// Command pulumi-resource-order-patterns is the plugin with which a Pulumi program in any language uses the components. The Pulumi engine
// starts it.
package main

import (
	"embed"
	"fmt"
	"io/fs"
	"os"

	"github.com/order-patterns/order-patterns/provider"
)

// version is set by the linker.
var version = "0.0.0-dev"

// lambda has the zips of the built-in functions. `make plugin` copies them to this folder. Otherwise it is empty.
//
//go:embed all:lambda
var lambda embed.FS

func main() {
	zips, err := fs.Sub(lambda, "lambda")
	if err == nil {
		err = provider.Main(provider.Options{Version: version, Zips: zips})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "pulumi-resource-order-patterns:", err)
		os.Exit(1)
	}
}
