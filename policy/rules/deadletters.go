package rules

import "slices"

var deadLetters = Rule{
	Name:        "dead-letters",
	Description: "Messages, records and events that fail permanently go to a queue or topic.",
	Level:       Mandatory,
	Reference:   "https://docs.aws.amazon.com/lambda/latest/dg/invocation-retries.html",
	check: func(s *Stack, _ Settings, report report) {
		for _, mapping := range s.of(mappingType) {
			if queue := s.source(mapping); queue != nil {
				if !s.redrives(queue) {
					report(queue, "a function consumes the queue, which has no redrive policy: a message that fails is retried until it expires, and is then lost")
				}
				continue
			}
			// A mapping of a stream has a starting position, a mapping of a queue has none.
			if mapping.has("startingPosition") && !mapping.has("destinationConfig", "onFailure", "destinationArn") {
				report(mapping, "the reader of a stream has no destination for failures: records that fail are skipped and lost")
			}
		}
		for _, subscription := range s.of(subscriptionType) {
			protocol := subscription.text("protocol")
			if protocol != "" && !slices.Contains(forPeople, protocol) && !subscription.has("redrivePolicy") {
				report(subscription, "the subscription has no redrive policy: a message that cannot be delivered is lost")
			}
		}
		for _, config := range s.of(invokeConfigType) {
			if !config.has("destinationConfig", "onFailure", "destination") {
				report(config, "asynchronous invocations have no destination for failures: an event that fails is lost")
			}
		}
		for _, fn := range s.of(functionType) {
			if service := s.invokesAsynchronously(fn); service != "" && !fn.has("deadLetterConfig") && len(s.referrers(invokeConfigType, "functionName", fn)) == 0 {
				report(fn, "%s invokes the function asynchronously, and there is no destination for failures: an event that fails is lost", service)
			}
		}
	},
}

// forPeople are the protocols of subscriptions for people.
var forPeople = []string{"email", "email-json", "sms"}

// source returns the queue of an event source mapping. It returns nil if that is not a queue of this stack.
func (s *Stack) source(mapping *Resource) *Resource {
	for _, queue := range s.of(queueType) {
		if refers(mapping, "eventSourceArn", queue) {
			return queue
		}
	}
	return nil
}

func (s *Stack) redrives(queue *Resource) bool {
	return queue.has("redrivePolicy") || len(s.referrers(redriveType, "queueUrl", queue)) > 0
}

// asynchronous are the services that invoke a function without waiting for it:
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-services.html
var asynchronous = []string{"events.amazonaws.com", "iot.amazonaws.com", "s3.amazonaws.com", "ses.amazonaws.com", "sns.amazonaws.com"}

// invokesAsynchronously returns the service that may invoke the function without waiting for it. It is empty if there is none.
func (s *Stack) invokesAsynchronously(fn *Resource) string {
	for _, permission := range s.referrers(permissionType, "function", fn) {
		if principal := permission.text("principal"); slices.Contains(asynchronous, principal) {
			return principal
		}
	}
	return ""
}
