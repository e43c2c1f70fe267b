// Package provider serves the components as a Pulumi package, so that a program in any language can use them.
//
// The schema is inferred from the arguments and results of the components' constructors, by the `pulumi` tags that the Go SDK also reads. A
// plain Go type is plain in the schema too: its value must be known when the program runs, and cannot be an output. Descriptions are the
// components' doc comments. A compiled program does not contain them, so `go generate` writes them to descriptions.go.
//
// The provider package of Pulumi's Go SDK constructs the resources. The framework github.com/pulumi/pulumi-go-provider was tried, and
// supports less: it refuses optional structs that are not pointers, it converts any type to an archive, its descriptions need methods of
// the components that take its types, and it drops aliases that are not complete URNs.
//
// The plugin contains the zips of the built-in functions. See [Options].
package provider

//go:generate go run ./internal/describe ../components descriptions.go
