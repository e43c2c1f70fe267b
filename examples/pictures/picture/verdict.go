package picture

import (
	"fmt"
	"image"
)

// The rule of moderation.
const (
	MinSide     = 32   // pixels
	MinLight    = 24   // mean luminance, from 0 to 255
	MaxOneColor = 0.95 // the part of the image that one color may take
)

// Verdict is the result of moderation. The reason is "" for a picture that is approved.
type Verdict struct {
	Approved bool   `json:"approved"`
	Reason   string `json:"reason,omitempty"`
}

// Moderate judges an image by a rule that gives the same verdict each time: it must not be too small, too dark, or almost all of one
// color. Colors count as one that agree in the four highest bits of each component.
func Moderate(img image.Image) Verdict {
	if b := img.Bounds(); b.Dx() < MinSide || b.Dy() < MinSide {
		return refused("it is %d by %d pixels, and must have %d on each side", b.Dx(), b.Dy(), MinSide)
	}
	scaled := Scale(img, 128)
	var light, pixels, most int
	colors := map[[3]uint8]int{}
	for i := 0; i < len(scaled.Pix); i += 4 {
		r, g, b := scaled.Pix[i], scaled.Pix[i+1], scaled.Pix[i+2]
		light += 299*int(r) + 587*int(g) + 114*int(b)
		pixels++
		bin := [3]uint8{r >> 4, g >> 4, b >> 4}
		colors[bin]++
		most = max(most, colors[bin])
	}
	if mean := light / 1000 / pixels; mean < MinLight {
		return refused("it is too dark: its mean luminance is %d, and must be %d", mean, MinLight)
	}
	if part := float64(most) / float64(pixels); part > MaxOneColor {
		return refused("one color takes %.0f %% of it, and may take %.0f %%", 100*part, 100*MaxOneColor)
	}
	return Verdict{Approved: true}
}

func refused(format string, args ...any) Verdict {
	return Verdict{Reason: fmt.Sprintf(format, args...)}
}
