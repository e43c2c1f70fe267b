package console

import (
	"testing"

	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"
)

// tabTo presses Tab until an element has the focus, and asserts that each focus on the way is seen.
func (p *page) tabTo(id string) {
	p.t.Helper()
	p.see(id)
	for range 150 {
		p.press(kb.Tab)
		require.True(p.t, evaluate[bool](p, `document.activeElement === document.body || (s =>
			s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0 || s.boxShadow !== 'none')(getComputedStyle(document.activeElement))`),
			"the focus is not seen on %s", evaluate[string](p, "document.activeElement.outerHTML"))
		if evaluate[bool](p, "document.activeElement === at($0)", id) {
			return
		}
	}
	require.FailNow(p.t, "not reached with Tab", id)
}

func TestAnOrderIsPlacedAndFollowedByKeyboard(t *testing.T) {
	p := open(t, desktop, "dark")
	p.tabTo("tab-act")
	p.press(kb.Enter)
	p.tabTo("request-select")
	p.press("e") // eventstream
	p.tabTo("request-send")
	p.press(kb.Enter)
	p.see("request-result")
	id := evaluate[string](p, `at('request-result').querySelector('a[href^="#records/"]').textContent`)
	p.tabTo("tab-records")
	p.press(kb.Enter)
	p.tabTo("search")
	p.press(id)
	p.tabTo("record-" + id)
	p.press(kb.Enter)
	p.shows("story-status", "done")
	p.see("story-object")
}
