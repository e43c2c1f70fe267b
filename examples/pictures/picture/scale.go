package picture

import (
	"image"
	"image/color"
)

// Scale returns the image on a white background, scaled down to fit into a square of the given side in pixels. A smaller image keeps
// its size. A pixel of the result is the mean of the pixels that it stands for.
func Scale(img image.Image, side int) *image.RGBA {
	bounds := img.Bounds()
	w, h := bounds.Dx(), bounds.Dy()
	width, height := fit(w, h, side)
	source, ok := img.(image.RGBA64Image) // all of the standard library are
	if !ok {
		source = at{img}
	}
	scaled := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		top, bottom := bounds.Min.Y+y*h/height, bounds.Min.Y+(y+1)*h/height
		for x := range width {
			left, right := bounds.Min.X+x*w/width, bounds.Min.X+(x+1)*w/width
			scaled.SetRGBA(x, y, mean(source, image.Rect(left, top, right, bottom)))
		}
	}
	return scaled
}

// fit returns the size of a w by h image that fits into a square, of one pixel at least.
func fit(w, h, side int) (width, height int) {
	longer := max(w, h)
	if longer <= side {
		return w, h
	}
	return max(1, w*side/longer), max(1, h*side/longer)
}

// mean is the mean color of a part of an image over white.
func mean(img image.RGBA64Image, part image.Rectangle) color.RGBA {
	var r, g, b uint64
	for y := part.Min.Y; y < part.Max.Y; y++ {
		for x := part.Min.X; x < part.Max.X; x++ {
			c := img.RGBA64At(x, y) // with the color multiplied by its opacity
			white := uint64(0xffff - c.A)
			r, g, b = r+uint64(c.R)+white, g+uint64(c.G)+white, b+uint64(c.B)+white
		}
	}
	n := uint64(part.Dx()*part.Dy()) << 8
	return color.RGBA{uint8(r / n), uint8(g / n), uint8(b / n), 0xff}
}

// at makes any image an image.RGBA64Image.
type at struct{ image.Image }

func (a at) RGBA64At(x, y int) color.RGBA64 {
	r, g, b, alpha := a.At(x, y).RGBA()
	return color.RGBA64{uint16(r), uint16(g), uint16(b), uint16(alpha)}
}
