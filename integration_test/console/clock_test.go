package console

import "testing"

func TestTheClockIsMoved(t *testing.T) {
	p := open(t, desktop, "light")
	before := served.cloud.Account.Clock.Now()
	p.click("tab-act")
	p.click("clock-3600")
	p.eventually("the time in the header is an hour later", "Date.parse(document.querySelector('time')?.dateTime) > 0 || document.querySelector('header').innerText.includes('+')")
	if later := served.cloud.Account.Clock.Now().Sub(before); later.Hours() < 1 {
		t.Errorf("the clock moved by %s", later)
	}
}
