package picture

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/order-patterns/order-patterns/handlers/kit/bucket"
	"github.com/order-patterns/order-patterns/handlers/kit/permanent"
)

// ThumbnailSide is the longer side of a thumbnail in pixels.
const ThumbnailSide = 256

// S3 is the part of an S3 client that a Bucket uses.
type S3 interface {
	bucket.PutObjectAPI
	GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error)
	DeleteObject(context.Context, *s3.DeleteObjectInput, ...func(*s3.Options)) (*s3.DeleteObjectOutput, error)
}

// Bucket is the bucket of originals and thumbnails. All fields are required.
type Bucket struct {
	Client S3
	Name   string
}

// Thumbnail describes a thumbnail.
type Thumbnail struct {
	Key    string `json:"key"`
	Width  int    `json:"width"`  // pixels
	Height int    `json:"height"` // pixels
}

// Read reads an original. The error is permanent if there is none, or if it has more than MaxBytes. Needs s3:GetObject on the
// objects, and s3:ListBucket on the bucket: without it S3 answers AccessDenied for an object that does not exist, which is tried
// again.
//
// See https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
func (b *Bucket) Read(ctx context.Context, key string) ([]byte, error) {
	out, err := b.Client.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(b.Name), Key: aws.String(key)})
	if _, none := errors.AsType[*types.NoSuchKey](err); none {
		return nil, permanent.Error(fmt.Errorf("there is no object %s in bucket %s", key, b.Name))
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s from bucket %s: %w", key, b.Name, err)
	}
	defer out.Body.Close()
	content, err := io.ReadAll(io.LimitReader(out.Body, MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("reading %s from bucket %s: %w", key, b.Name, err)
	}
	return content, nil // Measure refuses one that is too long
}

// Image reads and decodes an original.
func (b *Bucket) Image(ctx context.Context, key string) (image.Image, error) {
	content, err := b.Read(ctx, key)
	if err != nil {
		return nil, err
	}
	return Decode(content)
}

// ErrDifferent means that the picture has an original already, and that it is another one.
var ErrDifferent = errors.New("the picture was stored with another image")

// Store stores the original of a picture, unless it is stored already, and returns its key. Needs s3:PutObject and s3:GetObject on
// originals/*.
func (b *Bucket) Store(ctx context.Context, owner, id string, content []byte, format string) (key string, err error) {
	key = OriginalKey(owner, id)
	written, err := b.put(ctx, key, content, "image/"+format)
	if err != nil || written {
		return key, err
	}
	there, err := b.Read(ctx, key)
	if err != nil {
		return key, err
	}
	if !bytes.Equal(there, content) {
		return key, ErrDifferent
	}
	return key, nil
}

// Take copies an object that its owner may replace at any time to the key of an original, and decodes the copy. What was copied first
// stays. Needs s3:PutObject on originals/*, and what Read needs.
func (b *Bucket) Take(ctx context.Context, from, to string) (content []byte, img image.Image, err error) {
	content, err = b.Read(ctx, to)
	copied := err == nil
	if permanent.Is(err) { // there is none
		content, err = b.Read(ctx, from)
	}
	if err != nil {
		return nil, nil, err
	}
	if img, err = Decode(content); err != nil || copied {
		return content, img, err
	}
	if copied, err = b.put(ctx, to, content, http.DetectContentType(content)); err == nil && !copied {
		return b.Take(ctx, from, to) // another attempt was faster
	}
	return content, img, err
}

// Thumbnail stores the thumbnail of an image, unless it is stored already. The same image gives the same thumbnail. Needs s3:PutObject
// on thumbnails/*.
func (b *Bucket) Thumbnail(ctx context.Context, img image.Image, key string) (Thumbnail, error) {
	scaled := Scale(img, ThumbnailSide)
	var encoded bytes.Buffer
	if err := jpeg.Encode(&encoded, scaled, &jpeg.Options{Quality: 80}); err != nil {
		return Thumbnail{}, fmt.Errorf("encoding the thumbnail: %w", err)
	}
	_, err := b.put(ctx, key, encoded.Bytes(), "image/jpeg")
	return Thumbnail{Key: key, Width: scaled.Rect.Dx(), Height: scaled.Rect.Dy()}, err
}

// Remove deletes objects, if they are there. Needs s3:DeleteObject on them.
func (b *Bucket) Remove(ctx context.Context, keys ...string) error {
	for _, key := range keys {
		if _, err := b.Client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: aws.String(b.Name), Key: aws.String(key)}); err != nil {
			return fmt.Errorf("deleting %s from bucket %s: %w", key, b.Name, err)
		}
	}
	return nil
}

func (b *Bucket) put(ctx context.Context, key string, content []byte, contentType string) (written bool, err error) {
	written, err = bucket.PutOnce(ctx, b.Client, &s3.PutObjectInput{
		Bucket: aws.String(b.Name), Key: aws.String(key), Body: bytes.NewReader(content), ContentType: aws.String(contentType),
	})
	if err != nil {
		return false, fmt.Errorf("writing %s to bucket %s: %w", key, b.Name, err)
	}
	return written, nil
}
