package console

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// place sends the request of a pattern once, and returns the id of the order.
func (p *page) place(pattern string) (id string) {
	p.t.Helper()
	p.click("tab-act")
	p.choose("request-select", pattern+": Place")
	p.click("request-send")
	p.see("request-result")
	return evaluate[string](p, `at('request-result').querySelector('a[href^="#records/"]').textContent`)
}

// follow opens the story of an order, once it is listed.
func (p *page) follow(id string) {
	p.t.Helper()
	p.click("tab-records")
	p.fill("search", id)
	p.click("record-" + id)
	p.see("story-status")
}

// hasIn waits until one of several elements has a text.
func (p *page) hasIn(ids, text string) {
	p.t.Helper()
	p.eventually(text+" is in one of "+ids, `[...document.querySelectorAll('[data-testid="' + $0 + '"]')].some(e => e.innerText.includes($1))`, ids, text)
}

func TestAnOrderIsPlacedAndFollowedToItsEnd(t *testing.T) {
	for _, pattern := range patterns {
		t.Run(pattern, func(t *testing.T) {
			p := open(t, desktop, "light")
			id := p.place(pattern)
			p.follow(id)
			p.shows("story-status", "done")
			p.hasIn("story-item", id)
			require.Zero(t, evaluate[int](p, `[...at('story').querySelectorAll('li.error')].filter(e => e.innerText.includes('Conditional')).length`),
				"a condition that is not met is no error")
			if pattern != "checker" { // which ships the order, and writes no invoice
				p.hasIn("story-object", id)
			}
		})
	}
}
