// Package components contains Pulumi components for asynchronous processing on AWS, of orders or of anything else. Each pattern is a
// component that a program can use alone, with its own functions:
//
//   - [FanOut]: an SNS topic, and functions that each take all messages from their own SQS queue.
//   - [Orchestrator]: an API that starts a Step Functions state machine directly, without a Lambda function. The machine runs tasks one
//     after another and publishes their results. When a task fails, it undoes the tasks before it.
//   - [EventStream]: a Kinesis stream, and functions that each read all of it, in order.
//   - [CheckerPipeline]: an SNS topic, functions that check each message in parallel, and a function that collects the findings.
//
// Each component has a REST API if it has routes. With the argument Orders, a component runs the built-in example: functions for orders of
// coffee, or for the checkout of a shop.
//
// [OrderApi] is the REST API that all patterns use, for programs that have their own functions or state machines. [ApiAccount] is the API
// Gateway account setting of a Region. Access logs need it, and they are on by default, so one program must own the setting. [TraceAccount]
// is the permission by which X-Ray lets SNS topics record traces.
//
// # Arguments
//
// Values that may come from another resource are inputs: numbers, strings, tags and ARNs. A plain value decides which resources exist. An
// argument that is not set has the default that its comment names. The defaults are for production: data is protected, everything is traced
// and logged, everything except topics is encrypted at rest (topics too, with a customer-managed key), plain HTTP is refused, and each
// function has only the permissions that it needs. An explicit 0 never means the default: it is used where 0 is valid, and refused
// otherwise.
//
// The authorizer of an API has no default: see [Authorizer].
//
// The names of a component's children begin with the component's name. A name is refused if it is too long for one of the children, or has
// characters that AWS does not accept for one of them.
//
// All values are validated before anything is registered, and all errors are reported together. A value that another resource provides is
// validated when it resolves.
//
// # Functions
//
// A [Function] with Code is your own: a zip or a folder, in any language. It gets what the built-in function in its place gets: a role with
// the permissions that the place needs, its own Permissions, and no others; a log group, traces and alarms; a queue with a dead-letter
// queue, or a stream, from which it takes batches and reports partial failures; and environment variables. [Route], [Consumer], [Checker],
// [Reader] and [Task] describe the events that their functions get and the answers that they must give. Package handlers/kit implements
// this for functions in Go. docs/your-own.md has an example of each component.
//
// Functions run from zips that must exist before the program runs. A component refuses to deploy if a zip is missing or damaged. The
// command packages builds zips of your own functions in Go, and of the built-in ones; in a checkout, `make build` builds the built-in ones.
// With Common.CodeFromS3, Lambda reads the zips from S3, which makes deployments much faster.
//
// # How a component is written
//
// A component is a struct of arguments with `pulumi` tags, a struct of outputs with `pulumi` tags, and two methods. The method resolve
// validates each argument and sets defaults. The method build registers the children with a builder. The function register does the rest.
package components
