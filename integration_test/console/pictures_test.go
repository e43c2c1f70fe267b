package console

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// largest is the size of a picture in bytes. All have the same width.
const (
	largest = 200_000
	width   = 1440
)

// TestPictures makes the pictures of the documentation in the folder PICTURES, while ORDERS orders are processed. `make pictures` runs it,
// on a cloud with one pattern.
func TestPictures(t *testing.T) {
	if pictures == "" {
		t.Skip("`make pictures` runs this")
	}
	orders, err := strconv.Atoi(os.Getenv("ORDERS"))
	require.NoError(t, err, "ORDERS")
	p := open(t, size{width, 700}, "light")
	take := func(name string, height int64) {
		t.Helper()
		p.resize(size{width, height})
		p.eventually("the result of the last action is hidden again", "!document.querySelector('[role=status] p')")
		png, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
		require.NoError(t, err)
		require.Less(t, len(png), largest, name)
		require.NoError(t, os.WriteFile(filepath.Join(pictures, name+".png"), png, 0o644))
	}
	p.see("map-fanout")
	// What is placed first starts the functions, so that the figures are those of a cloud that runs.
	send(t, "fanout", orders/10, 16)
	flowing := make(chan string, 1)
	go func() {
		var id string
		for range 20 { // slow enough to be seen
			id = send(t, "fanout", orders/20, 4).IDs[0]
			time.Sleep(300 * time.Millisecond)
		}
		flowing <- id
	}()
	time.Sleep(6 * time.Second) // so that the curves have a shape
	take("map", 660)
	p.scheme("dark")
	take("map-dark", 660)
	p.scheme("light")

	p.follow(<-flowing)
	p.see("story-object")
	take("story", 800)

	p.inject("node-fanout-store-order@Lambda", "kill")
	p.follow(p.place("fanout"))
	p.see("story-object")
	p.raiseAlarm("fanout-store-order-errors")
	evaluate[chromedp.Void](p, "(at('alarms').querySelector('details').open = true, 0)")
	take("fault", 800)

	p.click("tab-bill")
	p.see("bill-total")
	take("bill", 640)
}
