// Package bench has the benchmarks for docs/performance.md, and for the costs in docs/comparison.md. After the usual output of Go
// benchmarks, it prints the results as Markdown tables.
//
//	make bench
//	go -C cmd test -run '^$' -bench 'Starts|Patterns/fanout' -benchtime 1x -timeout 0 ./bench
//
// Each benchmark deploys its own stack to its own embedded cloud, and removes both. The embedded cloud, the functions and the benchmark,
// which places the orders, are separate processes and share the machine's processors.
package bench
