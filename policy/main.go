// Command policy is the policy pack of the project. The Pulumi CLI starts it with `pulumi preview --policy-pack policy` and `pulumi up
// --policy-pack policy`. docs/policy.md describes its use and configuration.
package main

import (
	"fmt"
	"os"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
)

func main() {
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, "policy pack:", err)
		os.Exit(1)
	}
}

// serve serves the analyzer protocol on a free port, and prints the port, as the CLI requires of a plugin. The CLI kills the process when
// it no longer needs it.
func serve() error {
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{Init: func(server *grpc.Server) error {
		pulumirpc.RegisterAnalyzerServer(server, newAnalyzer())
		return nil
	}})
	if err != nil {
		return err
	}
	fmt.Println(handle.Port)
	return <-handle.Done
}
