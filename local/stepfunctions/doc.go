// Package stepfunctions is the embedded cloud's AWS Step Functions: Standard and Express workflows in the Amazon States
// Language, with JSONPath. https://docs.aws.amazon.com/step-functions/latest/dg/welcome.html
//
// It implements the state types Task, Pass, Choice, Wait, Succeed and Fail, Retry and Catch, the intrinsic functions
// States.Format, States.JsonMerge, States.JsonToString, States.StringToJson and States.UUID, and the integrations lambda:invoke,
// sns:publish and sqs:sendMessage. A definition with anything else, such as Parallel, Map, JSONata, variables, heartbeats, or a function's
// ARN as resource, is refused when the state machine is created or updated. The error names what is not implemented.
//
// An execution is a goroutine that goes through the states. It calls other services with a session of the machine's
// role, and waits by the account's clock.
//
// Differences from AWS:
//   - A JSONPath selects one value: no wildcards, slices, unions, filters, functions or recursive descent.
//   - The members of an object that a state makes are in alphabetical order.
//   - A task's result has no SdkHttpMetadata and no SdkResponseMetadata.
//   - A closed execution is deleted after 90 days as on AWS, and earlier when there are more than 10,000 of them or
//     their histories take more than 256 MiB. Its name can then be used again.
//   - StartExecution is not throttled. An execution cannot be stopped.
//   - A trace has one segment for each execution, without subsegments for its states.
//   - There are no versions, aliases, activities and callbacks.
package stepfunctions
