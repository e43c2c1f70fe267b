// Package trace records pieces of work of a function, such as a message, and the AWS calls that it makes, in AWS X-Ray. A piece of work has
// one trace. The trace begins with the API's request and continues in the messages and records that follow from it. Each span is one
// document, sent in one datagram to the X-Ray daemon that Lambda runs beside the function:
//
//   - If the invocation is for one piece of work, Start creates a subsegment of the function's own segment.
//   - If an invocation processes several messages or records, Continue creates a segment in the trace of each, from the tracing header that the
//     message or record carries.
//   - A call that is made with a span's context is a subsegment of the span, and passes the trace on to the service.
//
// Only sampled traces are recorded. Otherwise Start and Continue return a nil span, on which every method does nothing. The id of the trace
// is known in any case, and is in the log.
//
// A span holds ids, names and types of errors. It never holds an error message, which may quote customers' data.
//
// This package does not use OpenTelemetry. Its SDK with the exporter xrayudp adds 3 MB to the zip of a function. With a custom exporter it
// adds 0.3 MB, but then each unsampled message and call has a cost, and the modules that trace AWS calls and read X-Ray's header are
// deprecated. docs/performance.md has the figures.
//
// See https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html,
// https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html and
// https://docs.aws.amazon.com/xray/latest/devguide/xray-daemon.html
package trace
