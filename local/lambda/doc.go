// Package lambda is the embedded cloud's AWS Lambda. It runs functions as AWS does with the runtime provided.al2023:
// the real deployment package is unpacked and its bootstrap started as a process, which asks the Runtime API for
// events. Environments stay warm, serve one event at a time, and are as many as there are concurrent events.
//
// What differs from AWS: functions are native processes of this machine, so their architecture must be its own;
// memory size is reported but not enforced; /tmp is the machine's; and an environment that crashed or timed out is
// replaced by a new one, instead of being reset with its /tmp kept. A function that has many environments gains others
// only gradually, and a mapping at most one poller a second. Lambda does not make a log group that is missing. Versions,
// layers, images, VPCs, filters, tumbling windows, dead-letter queues of functions and destinations other than queues are
// refused by name. AWS does not publish how long a mapping of a stream waits between attempts: here it is 100 ms, doubled
// up to 10 s. What is retried, split and counted where AWS is silent is told in streamattempt.go.
package lambda
