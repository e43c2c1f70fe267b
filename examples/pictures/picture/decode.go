package picture

import (
	"bytes"
	"fmt"
	"image"
	_ "image/gif" // the formats
	_ "image/jpeg"
	_ "image/png"

	"github.com/order-patterns/order-patterns/handlers/kit/permanent"
)

// Limits of an image. A decoded pixel takes up to 8 bytes, so one image takes up to 192 MB.
const (
	MaxBytes  = 10 << 20
	MaxPixels = 24 << 20
	MaxSide   = 16384 // pixels
)

// Measure reads the size and the format, which is gif, jpeg or png, from the header of an image, and checks the limits. A small
// file may say that it is an image of gigabytes (a decompression bomb), so nothing is decoded before this. The error is permanent.
func Measure(content []byte) (image.Config, string, error) {
	if len(content) > MaxBytes {
		return image.Config{}, "", permanent.Error(fmt.Errorf("image: has %d bytes or more, and may have %d", len(content), MaxBytes))
	}
	config, format, err := image.DecodeConfig(bytes.NewReader(content))
	if err != nil {
		return image.Config{}, "", permanent.Error(fmt.Errorf("image: %w", err))
	}
	w, h := config.Width, config.Height
	if w < 1 || h < 1 || w > MaxSide || h > MaxSide || w*h > MaxPixels {
		return image.Config{}, "", permanent.Error(fmt.Errorf("image: is %d by %d pixels, and may have %d on a side, and %d in all", w, h, MaxSide, MaxPixels))
	}
	return config, format, nil
}

// Decode decodes an image within the limits: of an animation, the first picture. The error is permanent.
func Decode(content []byte) (image.Image, error) {
	if _, _, err := Measure(content); err != nil {
		return nil, err
	}
	img, _, err := image.Decode(bytes.NewReader(content))
	if err != nil {
		return nil, permanent.Error(fmt.Errorf("image: %w", err))
	}
	if img.Bounds().Empty() {
		return nil, permanent.Error(fmt.Errorf("image: is empty"))
	}
	return img, nil
}
