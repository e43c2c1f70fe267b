// Package meter computes what AWS charges for a stack: for what ran in a time range, and for a month in which nothing runs.
//
// Counts come from the metrics that AWS's services publish to CloudWatch, and from logs, traces, executions and objects where
// there is no metric. An embedded cloud answers the same calls, so the costs are those that the same requests would have on
// AWS. Compute time is that of the machine on which functions ran. docs/cost.md lists what is counted, by which rule.
//
// Prices are list prices of the first tier. Free tiers, taxes, data transfer and stored data are not counted. A GB is 10^9
// bytes, and 2^30 bytes of a function's memory.
package meter
