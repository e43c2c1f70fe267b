package console

import (
	"context"
	"net/http"
	"time"
)

// maxAdvance is a week, so that no number is typed by mistake that ages everything by years.
const maxAdvance = 7 * 24 * 60 * 60

// clockAnswer is the time of the cloud, and how far it is ahead of the machine's.
type clockAnswer struct {
	Time    string `json:"time"`
	AheadMs int64  `json:"aheadMs"`
}

func (c *Console) time() clockAnswer {
	now := c.cloud.Account.Clock.Now()
	return clockAnswer{now.UTC().Format(time.RFC3339Nano), time.Until(now).Milliseconds()}
}

// moveClock answers POST /api/clock. Only some clocks can be moved, such as that of package clock.
func (c *Console) moveClock(_ context.Context, _ *http.Request, in *struct{ Seconds int }) (clockAnswer, error) {
	movable, ok := c.cloud.Account.Clock.(interface{ Advance(time.Duration) })
	switch {
	case !ok:
		return clockAnswer{}, invalid("the clock of this cloud cannot be moved: only that of local serve can")
	case in.Seconds < 1 || in.Seconds > maxAdvance:
		return clockAnswer{}, invalidf("seconds: must be from 1 to %d, got %d", maxAdvance, in.Seconds)
	}
	movable.Advance(time.Duration(in.Seconds) * time.Second)
	return c.time(), nil
}
