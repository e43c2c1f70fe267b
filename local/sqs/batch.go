package sqs

import (
	"fmt"
	"regexp"
)

const (
	maxEntries   = 10      // of a batch
	maxBatchSize = 1 << 20 // bytes
)

var entryID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)

// CheckBatch decides whether a batch is refused as a whole, by the ids of its entries, and by its size and the limit of the
// size in bytes. It returns the code and the message of the error; empty for none. SNS has the same rules:
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html#API_SendMessageBatch_Errors
func CheckBatch(ids []string, size, maxSize int) (code, message string) {
	if len(ids) == 0 {
		return "EmptyBatchRequest", "There should be at least one entry in the request."
	}
	if len(ids) > maxEntries {
		return "TooManyEntriesInBatchRequest", fmt.Sprintf("Maximum number of entries per request are %d. You have sent %d.", maxEntries, len(ids))
	}
	seen := map[string]bool{}
	for _, id := range ids {
		if !entryID.MatchString(id) {
			return "InvalidBatchEntryId", fmt.Sprintf("The Id of a batch entry must be 1 to 80 letters, digits, _ and -, got %q.", id)
		}
		if seen[id] {
			return "BatchEntryIdsNotDistinct", fmt.Sprintf("Id %s repeated.", id)
		}
		seen[id] = true
	}
	if size > maxSize {
		return "BatchRequestTooLong", fmt.Sprintf("Batch requests cannot be longer than %d bytes. You have sent %d bytes.", maxSize, size)
	}
	return "", ""
}
