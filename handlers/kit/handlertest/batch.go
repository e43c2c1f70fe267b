package handlertest

import (
	"testing"

	"github.com/aws/aws-lambda-go/events"
)

// Failed returns the ids of the failed messages in the answer to an SQS batch. It asserts that the list is not null.
func Failed(t testing.TB, response events.SQSEventResponse, err error) (ids []string) {
	t.Helper()
	noError(t, err)
	if response.BatchItemFailures == nil {
		t.Fatal("batchItemFailures is null")
	}
	for _, f := range response.BatchItemFailures {
		ids = append(ids, f.ItemIdentifier)
	}
	return ids
}

// Checkpoint returns the sequence number from which Lambda delivers a Kinesis batch again, or "" if the whole batch is done.
func Checkpoint(t testing.TB, response events.KinesisEventResponse, err error) string {
	t.Helper()
	noError(t, err)
	switch n := len(response.BatchItemFailures); {
	case response.BatchItemFailures == nil:
		t.Fatal("batchItemFailures is null")
	case n > 1:
		t.Fatalf("batchItemFailures has %d checkpoints", n)
	case n == 1:
		return response.BatchItemFailures[0].ItemIdentifier
	}
	return ""
}
