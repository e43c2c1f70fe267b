package console

import (
	"testing"

	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"
)

// eachView shows each view in turn: those of the tabs, a node, and the story of an order. check gets what is shown.
func eachView(p *page, check func(view string)) {
	p.t.Helper()
	id := send(p.t, "fanout", 1, 1).IDs[0]
	for _, v := range []struct{ tab, element string }{
		{"tab-map", "map-fanout"}, {"tab-records", "record-" + id}, {"tab-act", "request-form"}, {"tab-bill", "bill-total"},
	} {
		p.click(v.tab)
		p.see(v.element)
		check(v.tab)
	}
	p.click("tab-map")
	p.click("node-fanout-store-order@queue")
	p.see("pause-fanout-store-order")
	check("node")
	for evaluate[bool](p, "!!at('pause-fanout-store-order')") { // on a phone it covers the tabs
		p.press(kb.Escape)
	}
	p.follow(id)
	p.see("story-object")
	check("story")
}

func TestAnyoneCanReadEachView(t *testing.T) {
	for _, scheme := range []string{"light", "dark"} {
		t.Run(scheme, func(t *testing.T) {
			p := open(t, desktop, scheme)
			eachView(p, func(view string) {
				require.Empty(t, p.violations(), view)
				require.Zero(t, p.overflow(), view)
			})
		})
	}
}

func TestOnAPhoneNoViewIsWiderThanTheScreen(t *testing.T) {
	p := open(t, phone, "light")
	eachView(p, func(view string) { require.Zero(t, p.overflow(), view) })
}
