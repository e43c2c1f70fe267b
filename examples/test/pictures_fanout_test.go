package test

import (
	"encoding/base64"
	"image"
	"image/color"
	"image/jpeg"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/examples/pictures/picture/picturetest"
)

// galleryOutputs are those of the programs of the example pictures.
type galleryOutputs struct {
	Url, Bucket, Table string
	DeadLetters        map[string]string // URLs of queues, by consumer; of a FanOut
	FailureQueue       string            // of an Orchestrator
}

// gallery is one of these programs, deployed.
type gallery struct {
	*deployment[galleryOutputs]
	t *testing.T
}

// post adds a picture of ann's.
func (g gallery) post(id, title string, content []byte) int {
	g.t.Helper()
	status, _ := call(g.t, http.MethodPost, g.outputs.Url+"/picture", map[string]any{
		"id": id, "owner": "ann", "title": title, "image": base64.StdEncoding.EncodeToString(content),
	})
	return status
}

// get returns what is known of a picture of ann's.
func (g gallery) get(id string) (int, map[string]any) {
	g.t.Helper()
	return call(g.t, http.MethodGet, g.outputs.Url+"/picture?owner=ann&id="+id, nil)
}

// becomes waits until a picture of ann's has this status, and returns what is known of it.
func (g gallery) becomes(id, status string) (known map[string]any) {
	g.t.Helper()
	eventually(g.t, id+" is "+status, func() bool {
		code, answer := g.get(id)
		known = answer
		return code == http.StatusOK && answer["status"] == status
	})
	return known
}

func (g gallery) s3() *s3.Client {
	return s3.NewFromConfig(g.aws, func(o *s3.Options) { o.UsePathStyle = true })
}

// thumbnail returns the size of a thumbnail.
func (g gallery) thumbnail(key string) image.Point {
	g.t.Helper()
	object, err := g.s3().GetObject(g.t.Context(), &s3.GetObjectInput{Bucket: &g.outputs.Bucket, Key: &key})
	require.NoError(g.t, err)
	defer object.Body.Close()
	thumbnail, err := jpeg.Decode(object.Body)
	require.NoError(g.t, err)
	return thumbnail.Bounds().Size()
}

// deadLetters counts the messages that the consumers gave up, by consumer.
func (g gallery) deadLetters() map[string]string {
	g.t.Helper()
	counts := map[string]string{}
	for consumer, url := range g.outputs.DeadLetters {
		out, err := sqs.NewFromConfig(g.aws).GetQueueAttributes(g.t.Context(), &sqs.GetQueueAttributesInput{
			QueueUrl: &url, AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNameApproximateNumberOfMessages},
		})
		require.NoError(g.t, err)
		counts[consumer] = out.Attributes["ApproximateNumberOfMessages"]
	}
	return counts
}

func TestPicturesOnAFanOut(t *testing.T)       { testFanOut(t, "pictures/fanout") }
func TestPicturesOnAFanOutInYAML(t *testing.T) { testFanOut(t, "pictures/fanout-yaml") }

func testFanOut(t *testing.T, program string) {
	g := gallery{deploy[galleryOutputs](t, program), t}

	status, _ := g.get("p1")
	require.Equal(t, http.StatusNotFound, status)
	require.Equal(t, http.StatusAccepted, g.post("p1", "The sea", picturetest.Photo(512, 256)))
	var known map[string]any
	eventually(t, "p1 is resized, approved and indexed", func() bool {
		_, known = g.get("p1")
		return known["status"] == "approved" && known["thumbnail"] != nil
	})
	require.Equal(t, map[string]any{
		"id": "p1", "owner": "ann", "title": "The sea", "status": "approved",
		"thumbnail": map[string]any{"key": "thumbnails/ann/p1.jpg", "width": 256.0, "height": 128.0},
	}, known)

	require.Equal(t, image.Pt(256, 128), g.thumbnail("thumbnails/ann/p1.jpg"))

	items, err := dynamodb.NewFromConfig(g.aws).Query(t.Context(), &dynamodb.QueryInput{
		TableName: &g.outputs.Table, KeyConditionExpression: aws.String("#owner = :owner"),
		ExpressionAttributeNames:  map[string]string{"#owner": "owner"},
		ExpressionAttributeValues: map[string]types.AttributeValue{":owner": &types.AttributeValueMemberS{Value: "ann"}},
	})
	require.NoError(t, err)
	require.Len(t, items.Items, 3, "the index, the verdict and the thumbnail")

	// The same request may be repeated, and another image is another picture.
	require.Equal(t, http.StatusAccepted, g.post("p1", "The sea", picturetest.Photo(512, 256)))
	require.Equal(t, http.StatusConflict, g.post("p1", "The sea", picturetest.Photo(256, 512)))
	require.Equal(t, http.StatusBadRequest, g.post("p2", "No image", []byte("not an image")))

	require.Equal(t, http.StatusAccepted, g.post("dark", "At night", picturetest.Plain(64, 64, color.Black)))
	require.Contains(t, g.becomes("dark", "refused")["reason"], "too dark")

	// The header of this one is right, and there is no more. It can never be decoded, and delays no other picture.
	require.Equal(t, map[string]string{"resize": "0", "moderate": "0", "index": "0"}, g.deadLetters())
	require.Equal(t, http.StatusAccepted, g.post("poison", "Cut short", picturetest.Photo(64, 64)[:60]))
	require.Equal(t, http.StatusAccepted, g.post("p3", "After it", picturetest.Photo(64, 64)))
	g.becomes("p3", "approved")
	eventually(t, "the poison is a dead letter of those that decode it", func() bool {
		dead := g.deadLetters()
		return dead["resize"] == "1" && dead["moderate"] == "1" && dead["index"] == "0"
	})
	require.Equal(t, "Cut short", g.becomes("poison", "processing")["title"])

	// A second deployment changes nothing.
	require.NoError(t, g.stack.Preview(t.Context(), nil, true))
}
