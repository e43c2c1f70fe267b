package rules

// timesTimeout is the smallest ratio of a queue's visibility timeout to the function's timeout.
const timesTimeout = 6

var visibility = Rule{
	Name:        "visibility-timeout",
	Description: "A queue hides a message for six times the timeout of the function that consumes it, plus the batching window.",
	Level:       Mandatory,
	Reference:   "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html",
	check: func(s *Stack, _ Settings, report report) {
		for _, mapping := range s.of(mappingType) {
			queue := s.source(mapping)
			if queue == nil {
				continue
			}
			for _, fn := range s.of(functionType) {
				if !refers(mapping, "functionName", fn) {
					continue
				}
				// The defaults of SQS and Lambda, in seconds.
				hidden, known := queue.number(30, "visibilityTimeoutSeconds")
				timeout, also := fn.number(3, "timeout")
				window, too := mapping.number(0, "maximumBatchingWindowInSeconds")
				if needed := timesTimeout*timeout + window; known && also && too && hidden < needed {
					report(queue, "the visibility timeout is %.0f s, and must be at least %.0f s: %d times the timeout of %s, plus the batching window",
						hidden, needed, timesTimeout, fn.Name)
				}
			}
		}
	},
}
