// Package components holds Pulumi components that process orders asynchronously on AWS, each a pattern of its own
// that a program can use alone.
//
// FanOut takes orders over HTTP, publishes them to an SNS topic, and stores and invoices them from two SQS queues.
// OrderApi is the REST API in front of it, for programs that bring functions of their own.
//
// Every component reads in one order: its arguments are validated, all faults at once and before anything is
// registered; then its resources are registered, as its children and under names derived from its own; then its
// outputs. Arguments left at their zero value take the default that their comment names, chosen for production: data
// is protected, everything is encrypted, traced and logged, and each function may do only what it does.
//
// Functions run from zips that exist before the program does: `make build` makes them, and a component refuses to
// deploy without them.
package components
