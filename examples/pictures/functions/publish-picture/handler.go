package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/order-patterns/order-patterns/examples/pictures/picture"
	"github.com/order-patterns/order-patterns/handlers/kit/caller"
	"github.com/order-patterns/order-patterns/handlers/kit/httpapi"
	"github.com/order-patterns/order-patterns/handlers/kit/metric"
	"github.com/order-patterns/order-patterns/handlers/kit/permanent"
	"github.com/order-patterns/order-patterns/handlers/kit/trace"
)

// publishAPI is the part of an SNS client that the function uses.
type publishAPI interface {
	Publish(context.Context, *sns.PublishInput, ...func(*sns.Options)) (*sns.PublishOutput, error)
}

type handler struct {
	bucket   *picture.Bucket
	topic    publishAPI
	topicARN string
	callers  caller.Check
	now      func() time.Time
}

// request is the body of a request.
type request struct {
	ID     string `json:"id"`
	Owner  string `json:"owner"`
	Title  string `json:"title"`
	Image  string `json:"image"` // base64
	Bucket string `json:"bucket"`
	Key    string `json:"key"`
}

// maxBody is the longest body in bytes: an image in base64, and room for the other fields.
const maxBody = picture.MaxInline*4/3 + 8<<10

func (h *handler) publish(ctx context.Context, r httpapi.Request) (int, any, error) {
	var q request
	if fault := httpapi.Decode(r, maxBody, &q); fault != nil {
		return 0, nil, fault
	}
	if q.Image == "" && q.Key == "" {
		return 0, nil, httpapi.Errorf(http.StatusBadRequest, "image: must be given, or the key of an object")
	}
	p := picture.Picture{ID: q.ID, Owner: q.Owner, Title: q.Title, Key: q.Key, Submitted: h.now().UTC()}
	if q.Image != "" {
		p.Key = picture.OriginalKey(p.Owner, p.ID)
	}
	if err := p.Validate(); err != nil {
		return 0, nil, httpapi.Errorf(http.StatusBadRequest, "%s", err)
	}
	ctx = trace.Annotate(ctx, "pictureId", p.ID, "ownerId", p.Owner)
	if fault := h.callers.Allow(ctx, r, p.Owner); fault != nil {
		return 0, nil, fault
	}
	content, err := h.content(ctx, q)
	if err != nil {
		return 0, nil, clients(err)
	}
	_, format, err := picture.Measure(content)
	if err != nil {
		return 0, nil, clients(err)
	}
	if p.Key, err = h.bucket.Store(ctx, p.Owner, p.ID, content, format); errors.Is(err, picture.ErrDifferent) {
		return 0, nil, httpapi.Errorf(http.StatusConflict, "id: %s", err)
	} else if err != nil {
		return 0, nil, err
	}
	message, err := json.Marshal(p)
	if err != nil {
		return 0, nil, err
	}
	if _, err := h.topic.Publish(ctx, &sns.PublishInput{TopicArn: aws.String(h.topicARN), Message: aws.String(string(message))}); err != nil {
		return 0, nil, fmt.Errorf("publishing picture %s: %w", p.ID, err)
	}
	metric.Info(trace.Annotate(ctx, "outcome", "accepted"), "picture published", []metric.Value{metric.Count(picture.Published)})
	return http.StatusAccepted, map[string]string{"id": p.ID, "owner": p.Owner}, nil
}

// content is the image in the request, or in the object that it names.
func (h *handler) content(ctx context.Context, q request) ([]byte, error) {
	switch {
	case q.Image != "" && (q.Key != "" || q.Bucket != ""):
		return nil, httpapi.Errorf(http.StatusBadRequest, "image: must not be given together with bucket and key")
	case q.Image != "":
		content, err := base64.StdEncoding.DecodeString(q.Image)
		if err != nil {
			return nil, httpapi.Errorf(http.StatusBadRequest, "image: is not valid base64")
		}
		if len(content) > picture.MaxInline {
			return nil, httpapi.Errorf(http.StatusRequestEntityTooLarge, "image: has %d bytes, and may have %d; put it into the bucket, and give its key", len(content), picture.MaxInline)
		}
		return content, nil
	case q.Bucket != "" && q.Bucket != h.bucket.Name:
		return nil, httpapi.Errorf(http.StatusBadRequest, "bucket: must be %s", h.bucket.Name)
	}
	return h.bucket.Read(ctx, q.Key)
}

// clients makes a permanent error one of the client's.
func clients(err error) error {
	if permanent.Is(err) {
		return httpapi.Errorf(http.StatusBadRequest, "%s", err)
	}
	return err
}
