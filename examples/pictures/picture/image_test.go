package picture_test

import (
	"bytes"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/examples/pictures/picture"
	"github.com/order-patterns/order-patterns/examples/pictures/picture/picturetest"
	"github.com/order-patterns/order-patterns/handlers/kit/permanent"
)

func TestAnImageBeyondALimitIsRefusedBeforeItIsDecoded(t *testing.T) {
	for name, c := range map[string]struct {
		content []byte
		problem string
	}{
		"decompression bomb":    {picturetest.Bomb(50_000, 50_000), "is 50000 by 50000 pixels"},
		"a bomb that is narrow": {picturetest.Bomb(1<<30, 1), "is 1073741824 by 1 pixels"},
		"too many pixels":       {picturetest.Bomb(8192, 8192), "is 8192 by 8192 pixels"},
		"too many bytes":        {make([]byte, picture.MaxBytes+1), "has 10485761 bytes or more, and may have 10485760"},
		"no image":              {[]byte("not an image"), "image: unknown format"},
		"nothing":               {nil, "image: unknown format"},
		"cut short":             {picturetest.Photo(64, 64)[:60], "image: png: invalid format: not enough pixel data"},
		"more than it has":      {picturetest.Bomb(4096, 4096), "image: "},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := picture.Decode(c.content)
			require.ErrorContains(t, err, c.problem)
			require.True(t, permanent.Is(err))
		})
	}
}

func TestTheThreeFormatsAreDecoded(t *testing.T) {
	photo, err := picture.Decode(picturetest.Photo(40, 30))
	require.NoError(t, err)
	var j, g bytes.Buffer
	require.NoError(t, jpeg.Encode(&j, photo, nil))
	require.NoError(t, gif.Encode(&g, photo, nil))
	for format, content := range map[string][]byte{"png": picturetest.Photo(40, 30), "jpeg": j.Bytes(), "gif": g.Bytes()} {
		config, got, err := picture.Measure(content)
		require.NoError(t, err)
		require.Equal(t, []any{format, 40, 30}, []any{got, config.Width, config.Height})
		img, err := picture.Decode(content)
		require.NoError(t, err)
		require.Equal(t, image.Pt(40, 30), img.Bounds().Size())
	}
}

func TestAThumbnailKeepsTheProportionsAndHasAtLeastAPixel(t *testing.T) {
	for size, want := range map[image.Point]image.Point{
		{512, 128}: {256, 64}, {128, 512}: {64, 256}, {256, 256}: {256, 256}, {10, 20}: {10, 20}, {10_000, 3}: {256, 1}, {1, 1}: {1, 1}, {300, 299}: {256, 255},
	} {
		require.Equal(t, want, picture.Scale(image.NewNRGBA(image.Rectangle{Max: size}), 256).Bounds().Size(), "%v", size)
	}
}

// plain hides all but the methods of image.Image.
type plain struct{ image.Image }

func TestAPixelIsTheMeanOfThoseThatItStandsFor(t *testing.T) {
	img := image.NewNRGBA(image.Rect(10, 20, 14, 22)) // bounds need not begin at 0
	for i, c := range []color.NRGBA{{200, 0, 0, 255}, {100, 0, 0, 255}, {0, 0, 0, 0}, {0, 0, 0, 255}} {
		img.SetNRGBA(10+i, 20, c)
		img.SetNRGBA(10+i, 21, c)
	}
	for _, source := range []image.Image{img, plain{img}} {
		scaled := picture.Scale(source, 2)
		require.Equal(t, image.Rect(0, 0, 2, 1), scaled.Bounds())
		require.Equal(t, color.RGBA{150, 0, 0, 255}, scaled.RGBAAt(0, 0))
		require.Equal(t, color.RGBA{127, 127, 127, 255}, scaled.RGBAAt(1, 0), "what is transparent is white")
	}
}

func TestTheVerdictFollowsTheRule(t *testing.T) {
	framed := image.NewNRGBA(image.Rect(0, 0, 100, 100)) // 90 % white
	for y := range 100 {
		for x := range 100 {
			c := color.NRGBA{255, 255, 255, 255}
			if x < 10 {
				c = color.NRGBA{255, 0, 0, 255}
			}
			framed.SetNRGBA(x, y, c)
		}
	}
	for name, c := range map[string]struct {
		content []byte
		reason  string
	}{
		"a photo":        {picturetest.Photo(100, 100), ""},
		"at least small": {picturetest.Photo(32, 32), ""},
		"framed":         {picturetest.Encode(framed), ""},
		"too small":      {picturetest.Photo(100, 31), "it is 100 by 31 pixels, and must have 32 on each side"},
		"dark":           {picturetest.Plain(100, 100, color.Gray{23}), "it is too dark: its mean luminance is 23, and must be 24"},
		"one color":      {picturetest.Plain(100, 100, color.Gray{200}), "one color takes 100 % of it, and may take 95 %"},
	} {
		img, err := picture.Decode(c.content)
		require.NoError(t, err, name)
		require.Equal(t, picture.Verdict{Approved: c.reason == "", Reason: c.reason}, picture.Moderate(img), name)
	}
}

// Whatever the content is, it is decoded within the limits, or refused for good.
func FuzzDecode(f *testing.F) {
	f.Add(picturetest.Photo(40, 30))
	f.Add(picturetest.Bomb(50_000, 50_000))
	f.Add(picturetest.Bomb(64, 64))
	f.Add([]byte("GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"))
	f.Fuzz(func(t *testing.T, content []byte) {
		img, err := picture.Decode(content)
		if err != nil {
			require.True(t, permanent.Is(err))
			return
		}
		size := img.Bounds().Size()
		require.LessOrEqual(t, size.X*size.Y, picture.MaxPixels)
		if size.X*size.Y < 1<<16 {
			scaled := picture.Scale(img, 16).Bounds().Size()
			require.True(t, scaled.X >= 1 && scaled.X <= 16 && scaled.Y >= 1 && scaled.Y <= 16)
			_ = picture.Moderate(img)
		}
	})
}
