// Package components holds Pulumi components that process orders, or whatever yours is about, asynchronously on AWS. Each pattern is a
// component that a program can use alone, with functions of its own:
//
//   - [FanOut]: an SNS topic, and functions that each take what is published from an SQS queue of their own.
//   - [Orchestrator]: an API that starts a Step Functions state machine, with no function between. The machine runs tasks one after
//     another, publishes what they answered, and undoes what was done when one fails.
//   - [EventStream]: a Kinesis stream, and functions that each read all of it, in order.
//   - [CheckerPipeline]: an SNS topic, functions that check what is published, in parallel, and one that collects what they found.
//
// Each has an API in front of it, if it has routes. With the member Orders of its arguments, a component runs our example: functions for
// orders of coffee, or for a checkout.
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
// A [Function] with Code is one of your own: a zip or folder, in any language. It gets what a function of ours gets in its place: a role
// that may do what the place needs, what it lists as Permissions, and nothing else; a log group, traces and alarms; a queue with dead
// letters, or a reader, that takes partial batches; and variables. [Route], [Consumer], [Checker], [Reader] and [Task] say what their
// functions get and must answer; package handlers/kit does it for functions written in Go. docs/your-own.md has an example of each
// component.
//
// Functions run from zips that exist before the program does, and a component refuses to deploy without them, or with damaged ones.
// The command packages makes zips of functions of yours that are written in Go, and of ours; in a checkout, `make build` makes ours.
// Lambda reads them from S3 with Common.CodeFromS3, which is much faster.
//
// # How a component is written
//
// A component is a struct of arguments with `pulumi` tags, a struct of outputs with `pulumi` tags, and two methods: resolve
// validates each argument and puts its default in place, and build registers the children with a builder. The function
// register does the rest, the same for all.
package components
