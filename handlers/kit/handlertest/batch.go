package handlertest

import (
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/stretchr/testify/require"
)

// Failed returns the ids of the failed messages in the answer to an SQS batch, and asserts that the list is not null.
func Failed(t testing.TB, response events.SQSEventResponse, err error) (ids []string) {
	t.Helper()
	require.NoError(t, err)
	require.NotNil(t, response.BatchItemFailures)
	for _, f := range response.BatchItemFailures {
		ids = append(ids, f.ItemIdentifier)
	}
	return ids
}

// Checkpoint returns the sequence number from which on Lambda delivers a Kinesis batch again, or "" if all was done.
func Checkpoint(t testing.TB, response events.KinesisEventResponse, err error) string {
	t.Helper()
	require.NoError(t, err)
	require.NotNil(t, response.BatchItemFailures)
	if len(response.BatchItemFailures) == 0 {
		return ""
	}
	require.Len(t, response.BatchItemFailures, 1)
	return response.BatchItemFailures[0].ItemIdentifier
}
