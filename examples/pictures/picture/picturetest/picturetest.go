// Package picturetest has images and a world in memory for tests of the functions.
package picturetest

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"time"

	"github.com/order-patterns/order-patterns/examples/pictures/picture"
	"github.com/order-patterns/order-patterns/handlers/kit/bucket/buckettest"
	"github.com/order-patterns/order-patterns/handlers/kit/table/tabletest"
)

// Now is the time of the world.
var Now = time.Date(2026, 3, 1, 8, 30, 0, 0, time.UTC)

// World is a bucket and a table in memory.
type World struct {
	Objects *buckettest.Bucket
	Items   *tabletest.Table
	picture.Work
}

// New returns an empty world.
func New() *World {
	w := &World{Objects: &buckettest.Bucket{}, Items: &tabletest.Table{Keys: []string{"owner", "part"}}}
	w.Bucket = &picture.Bucket{Client: w.Objects, Name: "pictures"}
	w.Table = picture.NewTable(w.Items, "pictures")
	return w
}

// Tasks are the tasks of a state machine.
func (w *World) Tasks() picture.Tasks { return picture.Tasks(w.Work) }

// Parts are the keys of all items, OWNER/ID/PART.
func (w *World) Parts() map[string]bool {
	parts := map[string]bool{}
	for key := range w.Items.Items() {
		parts[key] = true
	}
	return parts
}

// Photo is a PNG of this size with many colors.
func Photo(width, height int) []byte {
	img := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			img.SetNRGBA(x, y, color.NRGBA{uint8(255 * x / width), uint8(255 * y / height), 128, 255})
		}
	}
	return Encode(img)
}

// Plain is a PNG of this size and one color.
func Plain(width, height int, c color.Color) []byte {
	img := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			img.Set(x, y, c)
		}
	}
	return Encode(img)
}

// Encode encodes an image as PNG.
func Encode(img image.Image) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// Bomb is a PNG of 1 by 1 pixel whose header says that it has width by height.
func Bomb(width, height uint32) []byte {
	content := Plain(1, 1, color.White)
	header := content[12:29] // IHDR and its data, after signature and length
	binary.BigEndian.PutUint32(header[4:], width)
	binary.BigEndian.PutUint32(header[8:], height)
	binary.BigEndian.PutUint32(content[29:], crc32.ChecksumIEEE(header))
	return content
}
