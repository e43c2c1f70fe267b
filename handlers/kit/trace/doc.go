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
// The documents are written here and not by OpenTelemetry, because its SDK with the exporter xrayudp adds 3.2 MB to the zip of
// a function, see docs/performance.md.
//
// See https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html and
// https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html
package trace
