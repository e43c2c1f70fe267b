package picture

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/order-patterns/order-patterns/handlers/kit/item"
	"github.com/order-patterns/order-patterns/handlers/kit/table"
)

// TombstoneLife is how long the table keeps the tombstone of an index that was removed: longer than a message can be late.
const TombstoneLife = 30 * 24 * time.Hour

// The parts of a picture in the table.
const (
	indexPart     = "index"
	verdictPart   = "verdict"
	thumbnailPart = "thumbnail"
)

// Table is the table of pictures, with the partition key owner and the sort key part, both strings.
type Table struct {
	items table.Table
	now   func() time.Time
}

// DynamoDB is the part of a DynamoDB client that a Table uses: dynamodb:PutItem to write, dynamodb:GetItem to read.
type DynamoDB interface {
	table.PutItemAPI
	table.GetItemAPI
}

var _ DynamoDB = (*dynamodb.Client)(nil)

// NewTable returns the table with this name. now is the clock for the expiry of tombstones.
func NewTable(client DynamoDB, name string, now func() time.Time) *Table {
	return &Table{table.Table{Writer: client, Reader: client, Name: name, Key: "owner"}, now}
}

func key(owner, id, part string) item.Item {
	return item.Item{"owner": item.String(owner), "part": item.String(id + "/" + part)}
}

// The rank of an index: the time of the submission, and then a hash of the content. A removal ranks above the index of its
// submission, whatever that says, and below a later submission.
var rank = []string{"version", "tie"}

const removedTie = "removed" // a hash has no letter beyond f

// Index stores what the picture is about, unless the table holds a newer one, or it was removed since: then stored is false.
func (t *Table) Index(ctx context.Context, p Picture) (stored bool, err error) {
	text, err := json.Marshal(p)
	if err != nil {
		return false, err
	}
	hash := sha256.Sum256(text)
	it := key(p.Owner, p.ID, indexPart)
	it["title"], it["key"] = item.String(p.Title), item.String(p.Key)
	return t.newest(ctx, p, it, hex.EncodeToString(hash[:]))
}

// RemoveIndex undoes the Index of this submission, also one that is still under way: it stores a tombstone. If the table holds a
// later submission, that stays, and removed is false.
func (t *Table) RemoveIndex(ctx context.Context, p Picture) (removed bool, err error) {
	it := key(p.Owner, p.ID, indexPart)
	it["expires"] = item.Int(t.now().Add(TombstoneLife).Unix())
	return t.newest(ctx, p, it, removedTie)
}

func (t *Table) newest(ctx context.Context, p Picture, it item.Item, tie string) (bool, error) {
	it["version"], it["tie"] = item.Int(max(0, p.Submitted.UnixMicro())), item.String(tie)
	stored, err := t.items.PutNewest(ctx, it, rank...)
	if err != nil {
		return false, fmt.Errorf("storing the index of picture %s: %w", p.ID, err)
	}
	return stored, nil
}

// Judge stores the verdict on a picture, unless there is one.
func (t *Table) Judge(ctx context.Context, p Picture, v Verdict) error {
	it := key(p.Owner, p.ID, verdictPart)
	it["approved"], it["reason"] = item.Bool(v.Approved), item.String(v.Reason)
	return t.once(ctx, it, p)
}

// Resized stores where the thumbnail of a picture is, unless that is stored.
func (t *Table) Resized(ctx context.Context, p Picture, n Thumbnail) error {
	it := key(p.Owner, p.ID, thumbnailPart)
	it["key"], it["width"], it["height"] = item.String(n.Key), item.Int(int64(n.Width)), item.Int(int64(n.Height))
	return t.once(ctx, it, p)
}

func (t *Table) once(ctx context.Context, it item.Item, p Picture) error {
	if _, _, err := t.items.PutOnce(ctx, it); err != nil {
		return fmt.Errorf("storing a part of picture %s: %w", p.ID, err)
	}
	return nil
}

// Known is what is known of a picture. Parts that are not there yet are nil.
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
	parts := map[string]item.Item{}
	for _, part := range []string{indexPart, verdictPart, thumbnailPart} {
		it, err := t.items.Get(ctx, key(owner, id, part))
		if err != nil {
			return nil, fmt.Errorf("reading picture %s: %w", id, err)
		}
		if it != nil {
			parts[part] = it
		}
	}
	index := item.NewReader(parts[indexPart])
	if parts[indexPart] == nil || index.String("tie") == removedTie {
		return nil, nil
	}
	k := &Known{ID: id, Owner: owner, Title: index.String("title"), Status: "processing"}
	verdict, thumbnail := item.NewReader(parts[verdictPart]), item.NewReader(parts[thumbnailPart])
	if parts[verdictPart] != nil {
		k.Status, k.Reason = "approved", verdict.String("reason")
		if !verdict.Bool("approved") {
			k.Status = "refused"
		}
	}
	if parts[thumbnailPart] != nil && k.Status != "refused" {
		k.Thumbnail = &Thumbnail{thumbnail.String("key"), int(thumbnail.Int("width")), int(thumbnail.Int("height"))}
	}
	for _, r := range []item.Reader{index, verdict, thumbnail} {
		if err := r.Err(); err != nil {
			return nil, fmt.Errorf("reading picture %s: %w", id, err)
		}
	}
	return k, nil
}
