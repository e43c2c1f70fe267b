// Package provider serves the components as a Pulumi package, so that a program in any language can use them.
//
// The schema is inferred from what the components' constructors take and return, by the same `pulumi` tags that the Go SDK reads.
// A plain Go type is plain in the schema too: a value that is known when the program runs, and no output. Descriptions are the
// components' doc comments. They are not part of a compiled program, so `go generate` writes them to descriptions.go.
//
// Resources are constructed by the provider package of Pulumi's Go SDK. The framework github.com/pulumi/pulumi-go-provider was
// tried, and does less: it refuses optional structs that are no pointers, it makes an archive of any type, its descriptions need
// methods of the components that take its types, and it drops aliases that are not whole URNs.
//
// The zips of our functions are in the plugin. See [Options].
package provider

//go:generate go run ./internal/describe ../components descriptions.go
