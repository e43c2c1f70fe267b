package picture

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/order-patterns/order-patterns/handlers/kit/permanent"
	"github.com/order-patterns/order-patterns/handlers/kit/task"
)

// Execution is the input of a task: the API started the execution, with a Picture as the body.
type Execution = task.Input[task.Started[Picture]]

// Tasks does the work of the tasks of a state machine: Resize, Moderate and Index in order, and Remove if one of them fails.
//
// The name of the execution is part of the key of each image that a task stores. So other executions, also those about a picture with
// the same id, neither use nor replace nor remove it. Index makes the picture known in one conditional write. Before it nothing is
// known, and afterwards nothing has to be undone. The machine must be a Standard one, which runs an execution once.
//
// A field that the functions in use do not need may be nil.
type Tasks struct {
	Bucket *Bucket
	Table  *Table
}

// Images are what Resize has stored.
type Images struct {
	Thumbnail
	Original string `json:"original"` // the key of the copy
	SHA256   string `json:"sha256"`   // of the original, in hexadecimal
}

// imageKeys are the keys of what the execution stores.
func imageKeys(e Execution) (original, thumbnail string) {
	p := e.Input.Body
	return OriginalKey(p.Owner, p.ID) + "/" + e.Execution, ThumbnailKey(p.Owner, p.ID+"/"+e.Execution)
}

// Resize copies the original, whose owner may replace it at any time, and stores the thumbnail of the copy.
func (t Tasks) Resize(ctx context.Context, e Execution) (i Images, err error) {
	original, thumbnail := imageKeys(e)
	content, img, err := t.Bucket.Take(ctx, e.Input.Body.Key, original)
	if err != nil {
		return i, err
	}
	hash := sha256.Sum256(content)
	i.Original, i.SHA256 = original, hex.EncodeToString(hash[:])
	if i.Thumbnail, err = t.Bucket.Thumbnail(ctx, img, thumbnail); err != nil {
		return i, err
	}
	done(ctx, "resized", "picture resized", Resized)
	return i, nil
}

// Moderate judges the copy. A refusal is a permanent error.
func (t Tasks) Moderate(ctx context.Context, e Execution) (v Verdict, err error) {
	original, _ := imageKeys(e)
	img, err := t.Bucket.Image(ctx, original)
	if err != nil {
		return v, err
	}
	if v = Moderate(img); !v.Approved {
		done(ctx, "refused", "picture refused", Refused)
		return v, permanent.Error(fmt.Errorf("the picture is refused: %s", v.Reason))
	}
	done(ctx, "approved", "picture approved", Approved)
	return v, nil
}

// Index makes the picture known. If another execution has made the same picture known, this one's images are of no use.
func (t Tasks) Index(ctx context.Context, e Execution) (Done, error) {
	var i Images
	if found, err := e.Result("resize", &i); err != nil {
		return Done{}, err
	} else if !found {
		return Done{}, permanent.Error(errors.New("there is no result of the task resize"))
	}
	published, err := t.Table.Publish(ctx, e.Input.Body, e.Execution, i)
	if err != nil {
		return Done{}, err
	}
	if published {
		done(ctx, "indexed", "picture indexed", Indexed)
		return Done{true}, nil
	}
	original, thumbnail := imageKeys(e)
	if err := t.Bucket.Remove(ctx, original, thumbnail); err != nil {
		return Done{}, err
	}
	done(ctx, "repeated", "picture not indexed: the table holds it already", "")
	return Done{}, nil
}

// Remove undoes Resize. If the last task failed, and it is unknown whether it made the picture known, the images stay.
func (t Tasks) Remove(ctx context.Context, e Execution) (Done, error) {
	approved, err := e.Result("moderate", &Verdict{})
	if err != nil {
		return Done{}, err
	}
	if approved && e.Failure != nil && e.Failure.Error != "PermanentError" {
		done(ctx, "kept", "images not removed: the table may refer to them", "")
		return Done{}, nil
	}
	original, thumbnail := imageKeys(e)
	if err := t.Bucket.Remove(ctx, original, thumbnail); err != nil {
		return Done{}, err
	}
	done(ctx, "removed", "images removed", Removed)
	return Done{true}, nil
}
