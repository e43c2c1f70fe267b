package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/examples/pictures/picture"
	"github.com/order-patterns/order-patterns/examples/pictures/picture/picturetest"
	"github.com/order-patterns/order-patterns/handlers/kit/caller"
	"github.com/order-patterns/order-patterns/handlers/kit/handlertest"
	"github.com/order-patterns/order-patterns/handlers/kit/httpapi"
)

// topic is an SNS topic in memory.
type topic struct {
	published []string
	fail      error
}

func (t *topic) Publish(_ context.Context, in *sns.PublishInput, _ ...func(*sns.Options)) (*sns.PublishOutput, error) {
	if t.fail != nil {
		return nil, t.fail
	}
	t.published = append(t.published, aws.ToString(in.TopicArn)+" "+aws.ToString(in.Message))
	return &sns.PublishOutput{}, nil
}

type world struct {
	*picturetest.World
	topic *topic
	*handler
}

func newWorld() *world {
	w := &world{picturetest.New(), &topic{}, nil}
	w.handler = &handler{bucket: w.Bucket, topic: w.topic, topicARN: "arn:topic", now: func() time.Time { return picturetest.Now }}
	return w
}

func (w *world) call(t *testing.T, r httpapi.Request) (status int, body string) {
	t.Helper()
	answer, err := httpapi.Answers{}.Handler("publish picture", w.publish)(t.Context(), r)
	return handlertest.Answer(t, answer, err)
}

// post is the recorded request with another body.
func post(t *testing.T, body any) httpapi.Request {
	t.Helper()
	r := handlertest.Event[httpapi.Request](t, "post-picture.json")
	if body != nil {
		text, err := json.Marshal(body)
		require.NoError(t, err)
		r.Body = string(text)
	}
	return r
}

func inline(content []byte) map[string]string {
	return map[string]string{"id": "p1", "owner": "ann", "title": "Sunrise", "image": base64.StdEncoding.EncodeToString(content)}
}

const published = `arn:topic {"id":"p1","owner":"ann","key":"originals/ann/p1","title":"Sunrise","submitted":"2026-03-01T08:30:00Z"}`

func TestAPictureIsStoredAndPublished(t *testing.T) {
	photo := picturetest.Photo(64, 64)
	for name, body := range map[string]any{
		"uploaded": nil, "inline": inline(photo),
		"with its bucket": map[string]string{"id": "p1", "owner": "ann", "title": "Sunrise", "bucket": "pictures", "key": "uploads/ann/p1.png"},
	} {
		w := newWorld()
		w.Objects.Put("uploads/ann/p1.png", photo)
		status, answer := w.call(t, post(t, body))
		require.Equal(t, []any{202, `{"id":"p1","owner":"ann"}`}, []any{status, answer}, name)
		require.Equal(t, photo, w.Objects.Get("originals/ann/p1"), name)
		require.Equal(t, []string{published}, w.topic.published, name)
	}
}

func TestARepeatedRequestPublishesAgainAndAnotherImageIsAConflict(t *testing.T) {
	w := newWorld()
	for range 2 {
		status, _ := w.call(t, post(t, inline(picturetest.Photo(64, 64))))
		require.Equal(t, 202, status)
	}
	require.Equal(t, []string{published, published}, w.topic.published)
	status, answer := w.call(t, post(t, inline(picturetest.Photo(65, 64))))
	require.Equal(t, []any{409, `{"message":"id: the picture was stored with another image"}`}, []any{status, answer})
	require.Equal(t, picturetest.Photo(64, 64), w.Objects.Get("originals/ann/p1"))
	require.Len(t, w.topic.published, 2)
}

// After a 503 the client repeats the request.
func TestARequestThatFailedHalfwayCanBeRepeated(t *testing.T) {
	w := newWorld()
	w.topic.fail = errors.New("Throttled")
	status, answer := w.call(t, post(t, inline(picturetest.Photo(64, 64))))
	require.Equal(t, []any{503, `{"message":"the request was not carried out; please try again"}`}, []any{status, answer})
	w.topic.fail = nil
	w.Objects.Refuse = func(string) error { return errors.New("SlowDown") }
	status, _ = w.call(t, post(t, inline(picturetest.Photo(64, 64))))
	require.Equal(t, 503, status)
	w.Objects.Refuse = nil
	status, _ = w.call(t, post(t, inline(picturetest.Photo(64, 64))))
	require.Equal(t, 202, status)
	require.Equal(t, []string{published}, w.topic.published)
}

func TestABadRequestIsRefusedAndStoresNothing(t *testing.T) {
	photo := picturetest.Photo(64, 64)
	with := func(field, value string) map[string]string {
		body := inline(photo)
		body[field] = value
		return body
	}
	for want, body := range map[string]map[string]string{
		"id: must be 1 to 64 letters":                   with("id", "../p1"),
		"owner: must be 1 to 64 letters":                with("owner", ""),
		"title: must be at most 200 characters":         with("title", strings.Repeat("x", 201)),
		"image: must not be given together with bucket": with("key", "uploads/ann/p1.png"),
		"image: is not valid base64":                    with("image", "?"),
		"image: unknown format":                         with("image", "AAAA"),
		"image: is 60000 by 60000 pixels":               inline(picturetest.Bomb(60_000, 60_000)),
		"image: must be given, or the key of an object": {"id": "p1", "owner": "ann"},
		"bucket: must be pictures":                      {"id": "p1", "owner": "ann", "bucket": "other", "key": "uploads/ann/p1.png"},
		"key: must be that of an object of the owner":   {"id": "p1", "owner": "ann", "key": "uploads/bob/p1.png"},
		"there is no object uploads/ann/p2.png":         {"id": "p1", "owner": "ann", "key": "uploads/ann/p2.png"},
		`unknown field \"size\"`:                        with("size", "1"),
		"image: has 262145 bytes, and may have 262144":  inline(make([]byte, picture.MaxInline+1)),
		"body: has ": inline(make([]byte, 2*picture.MaxInline)),
		"image: has 10485761 bytes or more, and may have ": {"id": "p1", "owner": "ann", "key": "uploads/ann/large.png"},
	} {
		w := newWorld()
		w.Objects.Put("uploads/ann/p1.png", photo)
		w.Objects.Put("uploads/ann/large.png", make([]byte, picture.MaxBytes+1000))
		status, answer := w.call(t, post(t, body))
		require.Contains(t, []int{400, 413}, status, want)
		require.Contains(t, answer, want)
		require.Nil(t, w.Objects.Get("originals/ann/p1"), want)
		require.Empty(t, w.topic.published, want)
	}
}

func TestOnlyTheOwnerMayPublish(t *testing.T) {
	for name, c := range handlertest.Callers(post(t, inline(picturetest.Photo(64, 64))), "ann") {
		w := newWorld()
		w.callers = caller.Check{ByToken: true}
		status, _ := w.call(t, c.Request)
		require.Equal(t, c.Allowed, status == 202, name)
		require.Equal(t, c.Allowed, len(w.Objects.Keys()) == 1, name)
	}
}
