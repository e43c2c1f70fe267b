// Package trace records what a function does for an order, and the AWS calls that it makes, in AWS X-Ray. Each span is one
// document, a subsegment that is sent by itself, in one datagram to the X-Ray daemon that Lambda runs beside the function.
// The spans of an invocation are children of the function's own segment, and calls made with a span's context are children of
// that span.
//
// Only sampled invocations are recorded. Lambda runs the daemon for these only. Without sampling, Start returns a nil span,
// on which every method does nothing.
//
// A span holds ids, names and types of errors. It never holds a message of an error, which may quote the order.
//
// The documents are written here and not by OpenTelemetry. Its SDK with the exporter xrayudp adds 3 MB to the zip of a
// function. With an exporter of our own it adds 0.3 MB, but each unsampled order and call then has a cost, and the modules that
// trace AWS calls and read X-Ray's header are deprecated. docs/performance.md has the figures.
//
// See https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html,
// https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html and
// https://docs.aws.amazon.com/xray/latest/devguide/xray-daemon.html
package trace
