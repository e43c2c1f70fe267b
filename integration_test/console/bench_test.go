package console

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// BenchmarkPage measures the page after 10,000 orders: from the reload to the first picture of each view, how long a key in the search
// waits for its result, and what the page holds in memory.
func BenchmarkPage(b *testing.B) {
	const orders = 10_000
	s := send(b, "fanout", orders, 64)
	require.Equal(b, map[string]int{"202": orders}, s.Answers)
	require.Eventually(b, func() bool {
		return api[struct{ Total int }](b, "GET", "/api/records?limit=1", nil).Total >= orders
	}, 5*time.Minute, time.Second)
	p := open(b, desktop, "light")
	since := func(began time.Time, what string) { b.ReportMetric(float64(time.Since(began).Milliseconds()), what) }
	for b.Loop() {
		began := time.Now()
		p.do(chromedp.Reload())
		p.see("map-fanout")
		since(began, "ms-map")

		began = time.Now()
		p.click("tab-records")
		p.eventually("100 orders are listed", `document.querySelectorAll('[data-testid^="record-"]').length > 100`)
		since(began, "ms-list")

		began = time.Now()
		p.fill("search", s.IDs[99])
		p.see("record-" + s.IDs[99])
		since(began, "ms-search")

		began = time.Now()
		p.click("record-" + s.IDs[99])
		p.see("story-object")
		since(began, "ms-story")
		p.click("tab-map")
		p.see("map-fanout")
		b.ReportMetric(evaluate[float64](p, "performance.memory.usedJSHeapSize")/1e6, "MB-heap")
	}
}
