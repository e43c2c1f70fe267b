package console

import (
	"context"
	"net/http"
	"time"
)

// maxAdvance is a week, so that no number is typed by mistake that ages everything by years.
const maxAdvance = 7 * 24 * 60 * 60

// moment is the time of the cloud.
type moment struct {
	Time    time.Time `json:"time"`
	AheadMs int64     `json:"aheadMs"` // of the machine's clock
}

func (c *Console) now() moment {
	now := c.cloud.Account.Clock.Now()
	return moment{now.UTC(), time.Until(now).Milliseconds()}
}

// moveClock answers POST /api/clock. Only some clocks can be moved, such as that of package clock.
func (c *Console) moveClock(_ context.Context, _ *http.Request, in *struct{ Seconds int }) (moment, error) {
	movable, ok := c.cloud.Account.Clock.(interface{ Advance(time.Duration) })
	switch {
	case !ok:
		return moment{}, invalid("the clock of this cloud cannot be moved: only that of local serve can")
	case in.Seconds < 1 || in.Seconds > maxAdvance:
		return moment{}, invalid("seconds: must be from 1 to %d, got %d", maxAdvance, in.Seconds)
	}
	movable.Advance(time.Duration(in.Seconds) * time.Second)
	return c.now(), nil
}
