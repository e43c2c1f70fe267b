package lambda

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRecordsWaitUntilTheyAreHandled(t *testing.T) {
	r := newRiver(t, 2)
	r.put("k", "ok:1", "ok:2")
	m := r.read(nil)
	handled := func() bool { return r.lambda.Waiting(m.uuid) == 0 }
	r.until("all are handled", handled)

	r.put("k", "gate:1", "ok:3") // the function waits at the gate
	r.until("they are read", func() bool { return len(r.batches()) == 2 })
	require.Equal(t, 2, r.lambda.Waiting(m.uuid))
	r.put("k", "ok:4")
	r.put("another key", "ok:5")
	require.Positive(t, r.lambda.Waiting(m.uuid))
	r.open()
	r.until("all are handled", handled)

	_, err := r.enable(m.uuid, false)
	require.NoError(t, err)
	r.until("it is paused", func() bool {
		state, _ := m.state()
		return state == "Disabled"
	})
	r.put("k", numbered("ok", 10)...)
	require.Equal(t, 10, r.lambda.Waiting(m.uuid))
	_, err = r.enable(m.uuid, true)
	require.NoError(t, err)
	r.until("all are handled", handled)
	require.Zero(t, r.lambda.Waiting("none"))
}
