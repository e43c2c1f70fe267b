// Package kit has no code. It describes the packages below it, a library for AWS Lambda functions in Go: consumers of SQS queues, readers
// of Kinesis streams, tasks of Step Functions state machines, and functions behind API Gateway REST APIs. The components of this repository
// run such functions. The kit does not depend on the components. Its module requires only the AWS SDK.
//
// A function has a short main, which reads the environment and starts a handler:
//
//	func main() {
//		env := lambdaenv.Setup()
//		queue := sqsbatch.New(env)
//		pictures := bucket{s3.NewFromConfig(env.AWS), env.Required("BUCKET_NAME")}
//		env.Start(queue.Handler(10, pictures.resize))
//	}
//
// There is one package for each kind of function. The examples of this package show one function of each kind:
//
//   - sqsbatch: a consumer of a queue. Environment: QUEUE_URL, DEAD_LETTERS_URL.
//   - kinesisbatch: a reader of a stream. Environment: FAILURES_URL.
//   - task: a task of a state machine, also of the component Orchestrator.
//   - httpapi: a function of a route. caller checks that the request may access an account. Environment: AUTH.
//
// Packages for all kinds:
//
//   - lambdaenv: environment variables, the AWS configuration, the log handler, the start.
//   - permanent: marks an error that a retry cannot avoid. Every other error is retried.
//   - table, item, contention: DynamoDB. Items that are stored once, or only if they are newer.
//   - bucket: S3. Objects that are written once.
//   - awserr: which errors of AWS services are worth a retry.
//   - trace: X-Ray. Setup traces all AWS calls. Each message, record, task and request has a span. trace.Annotate adds ids to the span and
//     to all log lines about the work (see logfields).
//   - metric: CloudWatch metrics from log lines. Environment: PATTERN, METRICS_NAMESPACE.
//   - parallel, deadline: concurrent work that ends before the invocation times out. The packages for each kind use them.
//   - handlertest, table/tabletest, bucket/buckettest, trace/tracetest: for tests.
//
// # Errors
//
// A handler returns nil, an error that is marked by permanent.Error, or another error:
//
//	                permanent                                another error
//	sqsbatch        to the dead-letter queue, at once        delivered again, after a delay that grows from 4 s to 15 min
//	kinesisbatch    to the failure queue, in its turn        the batch is delivered again from this record on
//	task            the error PermanentError, not retried    an error of its own type, which the state machine retries
//
// A function of a route answers with an *httpapi.Error unchanged, and with 503 for any other error.
//
// # Delivery
//
// Queues and streams deliver at least once. Queues deliver in any order. The result of a function must not depend on either. Package table
// stores the newest state of each thing, in whatever order the messages arrive. Package bucket writes an object once.
//
// # Limits
//
// The environment is read once, before the first event. If a required variable is missing, the log names it, and the start fails. Work ends
// one second before the timeout of the function, or a tenth of the remaining time if that is less, so that the answer can report what is
// not done.
package kit
