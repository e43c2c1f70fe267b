package test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/examples/pictures/picture/picturetest"
)

// upload stores an object of ann's, as she would do herself.
func (g gallery) upload(name string, content []byte) (key string) {
	g.t.Helper()
	key = "uploads/ann/" + name
	_, err := g.s3().PutObject(g.t.Context(), &s3.PutObjectInput{Bucket: &g.outputs.Bucket, Key: &key, Body: bytes.NewReader(content)})
	require.NoError(g.t, err)
	return key
}

// start adds a picture of ann's whose image is an object.
func (g gallery) start(id, title, key string) (int, map[string]any) {
	g.t.Helper()
	return call(g.t, http.MethodPost, g.outputs.Url+"/picture", map[string]any{"id": id, "owner": "ann", "title": title, "key": key})
}

// ends waits for the end of the execution that an answer of start names, and returns its status.
func (g gallery) ends(answer map[string]any) (status types.ExecutionStatus) {
	g.t.Helper()
	eventually(g.t, "the execution ends", func() bool {
		out, err := sfn.NewFromConfig(g.aws).DescribeExecution(g.t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: aws.String(answer["executionArn"].(string))})
		require.NoError(g.t, err)
		status = out.Status
		return status != types.ExecutionStatusRunning
	})
	return status
}

// images are the keys of what the functions have stored of a picture of ann's.
func (g gallery) images(id string) (keys []string) {
	g.t.Helper()
	for _, prefix := range []string{"originals", "thumbnails"} {
		out, err := g.s3().ListObjectsV2(g.t.Context(), &s3.ListObjectsV2Input{Bucket: &g.outputs.Bucket, Prefix: aws.String(prefix + "/ann/" + id + "/")})
		require.NoError(g.t, err)
		for _, object := range out.Contents {
			keys = append(keys, *object.Key)
		}
	}
	return keys
}

// failed is a message of the failure queue.
type failed struct {
	Error, Cause  string
	Compensations map[string]*struct{ Done bool }
	Input         struct {
		ID   string
		Body struct{ Owner, Title, Key string }
	}
}

// failure waits for a message of the failure queue, and deletes it.
func (g gallery) failure() (f failed) {
	g.t.Helper()
	client := sqs.NewFromConfig(g.aws)
	eventually(g.t, "a message is in the failure queue", func() bool {
		out, err := client.ReceiveMessage(g.t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &g.outputs.FailureQueue})
		require.NoError(g.t, err)
		for _, m := range out.Messages {
			require.NoError(g.t, json.Unmarshal([]byte(*m.Body), &f))
			_, err := client.DeleteMessage(g.t.Context(), &sqs.DeleteMessageInput{QueueUrl: &g.outputs.FailureQueue, ReceiptHandle: m.ReceiptHandle})
			require.NoError(g.t, err)
		}
		return len(out.Messages) == 1
	})
	return f
}

func TestPicturesOnAnOrchestrator(t *testing.T) { testOrchestrator(t, "pictures/orchestrator") }
func TestPicturesOnAnOrchestratorInYAML(t *testing.T) {
	testOrchestrator(t, "pictures/orchestrator-yaml")
}

func testOrchestrator(t *testing.T, program string) {
	g := gallery{deploy[galleryOutputs](t, program), t}

	// A picture goes through.
	status, answer := g.start("sea", "The sea", g.upload("sea.png", picturetest.Photo(512, 256)))
	require.Equal(t, http.StatusAccepted, status)
	require.Equal(t, "sea", answer["id"])
	thumbnail := fmt.Sprintf("thumbnails/ann/sea/%s.jpg", answer["requestid"])
	sea := g.becomes("sea", "approved")
	require.Equal(t, map[string]any{
		"id": "sea", "owner": "ann", "title": "The sea", "status": "approved",
		"thumbnail": map[string]any{"key": thumbnail, "width": 256.0, "height": 128.0},
	}, sea)
	images := g.images("sea")
	require.Equal(t, []string{fmt.Sprintf("originals/ann/sea/%s", answer["requestid"]), thumbnail}, images)

	// One that is refused is taken back. It was resized, and is not indexed.
	key := g.upload("night.png", picturetest.Plain(64, 64, color.Black))
	status, _ = g.start("night", "At night", key)
	require.Equal(t, http.StatusAccepted, status)
	refused := g.failure()
	require.Equal(t, "night", refused.Input.ID)
	require.Equal(t, "PermanentError", refused.Error)
	require.Contains(t, refused.Cause, "too dark")
	require.True(t, refused.Compensations["resize"].Done)
	require.Empty(t, g.images("night"))
	status, _ = g.get("night")
	require.Equal(t, http.StatusNotFound, status)

	// Under the id of the first picture, the same one again has nothing to do, and another one fails, whether it is refused or not. Either
	// leaves the first as it was, and nothing else.
	status, answer = g.start("sea", "The sea", "uploads/ann/sea.png")
	require.Equal(t, http.StatusAccepted, status)
	require.Equal(t, types.ExecutionStatusSucceeded, g.ends(answer))
	for upload, cause := range map[string]string{key: "too dark", g.upload("hill.png", picturetest.Photo(256, 512)): "there is a picture sea already"} {
		status, answer = g.start("sea", "The sea", upload)
		require.Equal(t, http.StatusAccepted, status)
		failed := g.failure()
		require.Equal(t, "PermanentError", failed.Error)
		require.Contains(t, failed.Cause, cause)
		require.True(t, failed.Compensations["resize"].Done)
		require.Equal(t, types.ExecutionStatusFailed, g.ends(answer))
	}
	status, answer = g.get("sea")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, sea, answer)
	require.Equal(t, images, g.images("sea"))
	require.Equal(t, image.Pt(256, 128), g.thumbnail(thumbnail))

	// The first task fails, because there is no image, and no other attempt would find one. Nothing was done, so nothing is undone.
	status, _ = g.start("late", "Not there yet", "uploads/ann/late.png")
	require.Equal(t, http.StatusAccepted, status)
	missing := g.failure()
	require.Equal(t, "PermanentError", missing.Error)
	require.Contains(t, missing.Cause, "there is no object uploads/ann/late.png")
	require.Contains(t, missing.Compensations, "resize")
	require.Nil(t, missing.Compensations["resize"])
	body := missing.Input.Body
	require.Equal(t, "ann", body.Owner)

	// What the message holds is enough to start again.
	g.upload("late.png", picturetest.Photo(64, 64))
	status, _ = g.start(missing.Input.ID, body.Title, body.Key)
	require.Equal(t, http.StatusAccepted, status)
	require.Equal(t, "Not there yet", g.becomes("late", "approved")["title"])

	// The API refuses what is not valid, before an execution starts.
	status, answer = call(t, http.MethodPost, g.outputs.Url+"/picture", map[string]any{"id": "p4", "owner": "ann"})
	require.Equal(t, http.StatusBadRequest, status)
	require.Contains(t, answer["message"], "key must be that of an object")

	require.NoError(t, g.stack.Preview(t.Context(), nil, true), "a second deployment changes nothing")
}
