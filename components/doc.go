// Package components holds Pulumi components that process orders asynchronously on AWS. Each pattern is a component that
// a program can use alone:
//
//   - [FanOut]: an API, an SNS topic, and two SQS queues whose functions store and invoice the orders.
//   - [Orchestrator]: an API that starts a Step Functions state machine, with no function between. The machine runs tasks one after
//     another, publishes what they answered, and undoes what was done when one fails. (With Orders: it stores and invoices an order, and
//     takes back an order whose invoice cannot be written.)
//   - [EventStream]: an API, a Kinesis stream of order events, and two functions that read it.
//   - [CheckerPipeline]: an API, two checkers that work in parallel, and a function that ships what they found good.
//
// [OrderApi] is the REST API in front of all of them, for programs that bring functions or state machines of their own.
// [ApiAccount] is the Region's setting that access logs of APIs need, for a program that owns it. Access logs are on by default,
// so a Region needs the setting, from this program or another. [TraceAccount] is X-Ray's permission of an account that lets SNS
// topics record traces.
//
// # Arguments
//
// What may come from another resource is an input: numbers, strings, tags and ARNs. A plain value decides which resources
// there are. What is not set takes the default that its comment names, chosen for production: data is protected, everything
// is traced and logged, everything but topics is encrypted at rest (topics too, with a key of one's own), all of it refuses plain
// HTTP, and each function may do only what it does. An explicit 0 is never a default: it is used where 0 has a meaning, and refused
// otherwise.
//
// Who may call an API has no default: see [Authorizer].
//
// A component's name begins the names of its children. One that is too long for AWS to accept all of them, or has other
// characters than they may have, is refused like an argument.
//
// Values are validated before anything is registered, all of them at once. A value that another resource provides is
// validated when it resolves.
//
// # Functions
//
// Functions run from zips that exist before the program does: `make build` makes them, and a component refuses to
// deploy without them, or with damaged ones. Lambda reads them from S3 with Common.CodeFromS3, which is much faster.
//
// # How a component is written
//
// A component is a struct of arguments with `pulumi` tags, a struct of outputs with `pulumi` tags, and two methods: resolve
// validates each argument and puts its default in place, and build registers the children with a builder. The function
// register does the rest, the same for all.
package components
