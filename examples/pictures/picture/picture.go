package picture

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/order-patterns/order-patterns/handlers/kit/permanent"
)

// Limits of what a client sends.
const (
	MaxTitle  = 200       // characters
	MaxInline = 256 << 10 // bytes of an image in a request, before base64
)

// Picture is the message about a picture, and the input of a state machine.
type Picture struct {
	ID        string    `json:"id"`
	Owner     string    `json:"owner"`
	Key       string    `json:"key"` // of the original in the bucket
	Title     string    `json:"title,omitempty"`
	Submitted time.Time `json:"submitted,omitzero"` // the newest title counts
}

var (
	name = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`)
	// original is the key of an original. No segment begins with a dot.
	original = regexp.MustCompile(`^(uploads|originals)(/[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}){1,4}$`)
)

// CheckName returns what is wrong with an id or owner, or "".
func CheckName(s string) string {
	if !name.MatchString(s) {
		return "must be 1 to 64 letters, digits, hyphens and underscores, and begin with a letter or digit"
	}
	return ""
}

// Validate returns everything that is wrong with the picture.
func (p Picture) Validate() error {
	var faults []error
	for _, field := range [][2]string{{"id", p.ID}, {"owner", p.Owner}} {
		if problem := CheckName(field[1]); problem != "" {
			faults = append(faults, fmt.Errorf("%s: %s", field[0], problem))
		}
	}
	if !original.MatchString(p.Key) || !UploadedBy(p.Owner, p.Key) && p.Key != OriginalKey(p.Owner, p.ID) {
		faults = append(faults, errors.New("key: must be that of an object of the owner, under uploads/OWNER/"))
	}
	if n := utf8.RuneCountInString(p.Title); n > MaxTitle || strings.ContainsFunc(p.Title, func(r rune) bool { return r < ' ' }) {
		faults = append(faults, fmt.Errorf("title: must be at most %d characters without control characters", MaxTitle))
	}
	return errors.Join(faults...)
}

// Parse reads a message. The error is permanent.
func Parse(text []byte) (Picture, error) {
	var p Picture
	if err := json.Unmarshal(text, &p); err != nil {
		return Picture{}, permanent.Error(fmt.Errorf("reading the picture: %w", err))
	}
	return p, permanent.Error(p.Validate())
}

// OriginalKey is the key of the original of a picture that publish-picture stored.
func OriginalKey(owner, id string) string { return "originals/" + owner + "/" + id }

// ThumbnailKey is the key of the thumbnail of a picture.
func ThumbnailKey(owner, id string) string { return "thumbnails/" + owner + "/" + id + ".jpg" }

// UploadedBy reports whether an object is where its owner may put originals.
func UploadedBy(owner, key string) bool { return strings.HasPrefix(key, "uploads/"+owner+"/") }
