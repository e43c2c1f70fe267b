package picture

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/order-patterns/order-patterns/handlers/kit/item"
	"github.com/order-patterns/order-patterns/handlers/kit/permanent"
	"github.com/order-patterns/order-patterns/handlers/kit/table"
)

// The parts of a picture in the table.
const (
	indexPart     = "index"
	verdictPart   = "verdict"
	thumbnailPart = "thumbnail"
)

// Table is the table of pictures, with the partition key owner and the sort key part, both strings.
type Table struct{ items table.Table }

// DynamoDB is the part of a DynamoDB client that a Table uses: dynamodb:PutItem to write, dynamodb:GetItem to read.
type DynamoDB interface {
	table.PutItemAPI
	table.GetItemAPI
}

var _ DynamoDB = (*dynamodb.Client)(nil)

// NewTable returns the table with this name.
func NewTable(client DynamoDB, name string) *Table {
	return &Table{table.Table{Writer: client, Reader: client, Name: name, Key: "owner"}}
}

func key(owner, id, part string) item.Item {
	return item.Item{"owner": item.String(owner), "part": item.String(id + "/" + part)}
}

// Index stores what the picture is about, unless the table holds a newer one: then stored is false. The rank is the time of the
// submission, and then a hash of the content.
func (t *Table) Index(ctx context.Context, p Picture) (stored bool, err error) {
	text, err := json.Marshal(p)
	if err != nil {
		return false, err
	}
	hash := sha256.Sum256(text)
	it := key(p.Owner, p.ID, indexPart)
	it["title"], it["original"] = item.String(p.Title), item.String(p.Key)
	it["version"], it["tie"] = item.Int(max(0, p.Submitted.UnixMicro())), item.String(hex.EncodeToString(hash[:]))
	if stored, err = t.items.PutNewest(ctx, it, "version", "tie"); err != nil {
		return false, fmt.Errorf("storing the index of picture %s: %w", p.ID, err)
	}
	return stored, nil
}

// Judge stores the verdict on a picture, unless there is one.
func (t *Table) Judge(ctx context.Context, p Picture, v Verdict) error {
	it := key(p.Owner, p.ID, verdictPart)
	v.describe(it)
	return t.once(ctx, it, p)
}

// Resized stores where the thumbnail of a picture is, unless that is stored.
func (t *Table) Resized(ctx context.Context, p Picture, n Thumbnail) error {
	it := key(p.Owner, p.ID, thumbnailPart)
	n.describe(it)
	return t.once(ctx, it, p)
}

func (t *Table) once(ctx context.Context, it item.Item, p Picture) error {
	if _, _, err := t.items.PutOnce(ctx, it); err != nil {
		return fmt.Errorf("storing a part of picture %s: %w", p.ID, err)
	}
	return nil
}

// Publish stores all that is known of a picture that an execution has approved. The first picture with an id stays. published is false
// if that is the same picture, of another execution. The error is permanent if it is a picture with another image or title.
func (t *Table) Publish(ctx context.Context, p Picture, execution string, i Images) (published bool, err error) {
	it := key(p.Owner, p.ID, indexPart)
	it["title"], it["original"] = item.String(p.Title), item.String(i.Original)
	it["sha256"], it["execution"] = item.String(i.SHA256), item.String(execution)
	Verdict{Approved: true}.describe(it)
	i.describe(it)
	stored, there, err := t.items.PutOnce(ctx, it)
	if err != nil {
		return false, fmt.Errorf("storing picture %s: %w", p.ID, err)
	}
	found := item.NewReader(there)
	switch {
	case stored || found.String("execution") == execution: // this attempt stored it, or one before
		return true, nil
	case found.String("sha256") == i.SHA256 && found.String("title") == p.Title:
		return false, nil
	}
	return false, permanent.Error(fmt.Errorf("id: there is a picture %s already, with another image or title", p.ID))
}

func (v Verdict) describe(it item.Item) {
	it["approved"], it["reason"] = item.Bool(v.Approved), item.String(v.Reason)
}

func (n Thumbnail) describe(it item.Item) {
	it["thumbnail"], it["width"], it["height"] = item.String(n.Key), item.Int(int64(n.Width)), item.Int(int64(n.Height))
}

// Known is what is known of a picture. What is not known yet is nil.
type Known struct {
	ID        string     `json:"id"`
	Owner     string     `json:"owner"`
	Title     string     `json:"title,omitempty"`
	Status    string     `json:"status"` // processing, approved or refused
	Reason    string     `json:"reason,omitempty"`
	Thumbnail *Thumbnail `json:"thumbnail,omitempty"`
}

// Get reads what is known of a picture, or nil if it is not indexed.
func (t *Table) Get(ctx context.Context, owner, id string) (*Known, error) {
	known := item.Item{} // the attributes of all parts
	for _, part := range []string{indexPart, verdictPart, thumbnailPart} {
		it, err := t.items.Get(ctx, key(owner, id, part))
		if err != nil {
			return nil, fmt.Errorf("reading picture %s: %w", id, err)
		}
		maps.Copy(known, it)
	}
	if known["title"] == nil {
		return nil, nil
	}
	r := item.NewReader(known)
	k := &Known{ID: id, Owner: owner, Title: r.String("title"), Status: "processing"}
	if known["approved"] != nil {
		k.Status, k.Reason = "approved", r.String("reason")
		if !r.Bool("approved") {
			k.Status = "refused"
		}
	}
	if known["thumbnail"] != nil && k.Status != "refused" {
		k.Thumbnail = &Thumbnail{r.String("thumbnail"), int(r.Int("width")), int(r.Int("height"))}
	}
	if err := r.Err(); err != nil {
		return nil, fmt.Errorf("reading picture %s: %w", id, err)
	}
	return k, nil
}
