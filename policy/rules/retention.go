package rules

const secondsPerDay = 24 * 60 * 60

var retention = Rule{
	Name:        "retention",
	Description: "Log groups have a retention. Queues and streams keep unprocessed messages and records long enough. Dead letters are kept as long as the messages of their queue.",
	Level:       Mandatory,
	Reference:   "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html",
	Settings:    []string{"minQueueDays", "minStreamHours"},
	check: func(s *Stack, settings Settings, report report) {
		for _, group := range s.of(logGroupType) {
			if days, known := group.number(0, "retentionInDays"); known && days == 0 {
				report(group, "the log group keeps log lines for ever: set retentionInDays")
			}
		}
		for _, queue := range s.of(queueType) {
			if days, known := queueDays(queue); known && days < settings.MinQueueDays {
				report(queue, "the queue keeps messages for %.4g days, and must keep them for %.4g", days, settings.MinQueueDays)
			}
		}
		for _, stream := range s.of(streamType) {
			if hours, known := stream.number(24, "retentionPeriod"); known && hours < settings.MinStreamHours {
				report(stream, "the stream keeps records for %.4g hours, and must keep them for %.4g", hours, settings.MinStreamHours)
			}
		}
		for _, queue := range s.of(queueType) {
			for _, letters := range s.lettersOf(queue) {
				// A message that SQS moves keeps its age.
				kept, known := queueDays(letters)
				if days, also := queueDays(queue); known && also && kept < days {
					report(letters, "dead letters are kept for %.4g days, and %s keeps its messages for %.4g: a message keeps its age", kept, queue.Name, days)
				}
			}
		}
	},
}

func queueDays(queue *Resource) (float64, bool) {
	seconds, known := queue.number(4*secondsPerDay, "messageRetentionSeconds")
	return seconds / secondsPerDay, known
}

// lettersOf returns the dead-letter queues of the queue.
func (s *Stack) lettersOf(queue *Resource) []*Resource {
	var found []*Resource
	for _, other := range s.of(queueType) {
		if other == queue {
			continue
		}
		if refers(queue, "redrivePolicy", other) {
			found = append(found, other)
			continue
		}
		for _, redrive := range s.referrers(redriveType, "queueUrl", queue) {
			if refers(redrive, "redrivePolicy", other) {
				found = append(found, other)
			}
		}
	}
	return found
}
