// Package components holds Pulumi components that process orders asynchronously on AWS, each a pattern of its own
// that a program can use alone.
//
// FanOut takes orders over HTTP, publishes them to an SNS topic, and stores and invoices them from two SQS queues.
//
// Orchestrator takes orders over HTTP straight into a Step Functions state machine, with no function between, which
// stores and invoices each, publishes a notification, and takes an order back whose invoice cannot be written.
//
// OrderApi is the REST API in front of both, for programs that bring functions or state machines of their own.
// ApiAccount is the Region's setting that access logs of APIs need, for a program that owns it.
//
// Every component reads in one order: its arguments are validated, all faults at once and before anything is
// registered; then its resources are registered, as its children and under names derived from its own; then its
// outputs. Arguments left at their zero value take the default that their comment names, chosen for production: data
// is protected, everything is encrypted, traced and logged, and each function may do only what it does.
//
// Functions run from zips that exist before the program does: `make build` makes them, and a component refuses to
// deploy without them.
package components
