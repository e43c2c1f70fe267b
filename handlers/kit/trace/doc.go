// Package trace records what a function does for a piece of work, such as a message, and the AWS calls that it makes, in AWS
// X-Ray. A piece of work has one trace, which begins with the API's request and goes on in the messages and records that it leads
// to. Each span is one document that is sent by itself, in one datagram to the X-Ray daemon that
// Lambda runs beside the function:
//
//   - Where the invocation is for one piece of work, Start makes a subsegment of the function's own segment.
//   - Where an invocation handles several messages or records, Continue makes a segment in the trace of each, by the tracing
//     header that the message or record carries.
//   - A call that is made with a span's context is a subsegment of the span, and passes its trace on to the service.
//
// Only what is sampled is recorded. Otherwise Start and Continue return a nil span, on which every method does nothing. The id of
// the trace is known in any case; the log has it.
//
// A span holds ids, names and types of errors. It never holds a message of an error, which may quote the data.
//
// The documents are written here and not by OpenTelemetry. Its SDK with the exporter xrayudp adds 3 MB to the zip of a
// function. With an exporter of our own it adds 0.3 MB, but each unsampled message and call then has a cost, and the modules that
// trace AWS calls and read X-Ray's header are deprecated. docs/performance.md has the figures.
//
// See https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html,
// https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html and
// https://docs.aws.amazon.com/xray/latest/devguide/xray-daemon.html
package trace
