package console

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTheClockIsMoved(t *testing.T) {
	p := open(t, desktop, "light")
	before := served.cloud.Account.Clock.Now()
	p.click("tab-act")
	p.click("clock-3600")
	p.eventually("the header says how far it is ahead", "document.querySelector('header').innerText.includes('+')")
	require.GreaterOrEqual(t, served.cloud.Account.Clock.Now().Sub(before), time.Hour)
}
