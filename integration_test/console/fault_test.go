package console

import (
	"strings"
	"testing"
)

// inject injects a fault into a node that is clicked on. remove removes it.
func (p *page) inject(node, kind string) (remove func()) {
	p.t.Helper()
	p.click("tab-map")
	p.click(node)
	p.choose("fault-kind", kind)
	p.click("fault-add")
	p.shows("fault-list", kind)
	const removes = `at('fault-list').querySelector('[data-testid^="fault-remove-"]').dataset.testid`
	button := evaluate[string](p, removes)
	p.t.Cleanup(func() { ask(p.t, "DELETE", "/api/faults/"+strings.TrimPrefix(button, "fault-remove-"), nil) }) // a test that failed leaves none
	return func() {
		p.t.Helper()
		p.click("tab-act")
		p.click(button)
		p.shows("fault-list", "No fault")
	}
}

// red is whether the border of a node is more red than anything else.
const red = `(() => {
	const node = at($0)?.closest('.node')
	if (!node) return false
	const [r, g, b] = getComputedStyle(node).borderTopColor.match(/[\d.]+/g).map(Number)
	return r > 1.5 * g && r > 1.5 * b
})()`

// raiseAlarm moves the clock until an alarm is raised, which is within two minutes.
func (p *page) raiseAlarm(name string) {
	p.t.Helper()
	for range 4 {
		p.click("tab-act")
		p.click("clock-30")
	}
	p.click("tab-map")
	p.shows("alarms", name)
}

func TestAFaultIsSeenInRedUntilItIsRemoved(t *testing.T) {
	const function = "node-fanout-store-order@Lambda"
	p := open(t, desktop, "light")
	p.see(function)
	p.eventually("nothing is wrong", "!"+red, function)
	remove := p.inject(function, "kill")
	p.click("tab-map") // closes the panel; what is chosen has another border
	p.eventually("the function is red", red, function)
	id := p.place("fanout")
	p.follow(id)
	p.shows("story-where", "fanout-store-order")
	p.see("story-object") // the other consumer is not affected
	p.raiseAlarm("fanout-store-order-errors")

	remove()
	p.click("clock-300") // what was being processed is delivered again
	p.follow(id)
	p.shows("story-status", "done")
	p.click("tab-act")
	p.click("clock-300")
	p.click("tab-map")
	p.see(function)
	p.eventually("nothing is wrong any more", "!"+red, function)
	p.eventually("no alarm is left", "!at('alarms').innerText.includes('store-order-errors')")
}
