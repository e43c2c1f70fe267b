package console

import (
	_ "embed"
	"fmt"

	"github.com/chromedp/chromedp"
)

// axe checks the rules of WCAG that a program can check: https://github.com/dequelabs/axe-core
//
//go:embed testdata/axe-core/axe.min.js
var axe string

// violations returns what axe finds wrong with what the page shows.
func (p *page) violations() []string {
	p.t.Helper()
	if !evaluate[bool](p, "'axe' in window") {
		p.do(chromedp.Evaluate[chromedp.Void](axe))
	}
	evaluate[chromedp.Void](p, "scrollTo({top: 0, behavior: 'instant'})") // what the header covers is not seen
	type violation struct {
		ID, Help string
		Nodes    []struct{ HTML, FailureSummary string }
	}
	var found []string
	for _, v := range evaluate[[]violation](p, "axe.run(document, {resultTypes: ['violations'], rules: {'target-size': {enabled: true}}}).then(r => r.violations)") {
		for _, n := range v.Nodes {
			found = append(found, fmt.Sprintf("%s (%s): %s\n%s", v.ID, v.Help, n.HTML, n.FailureSummary))
		}
	}
	return found
}
