package load

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAnswersAreCountedAndTimed(t *testing.T) {
	a := NewAnswers(202)
	for i := range 100 {
		a.Record(time.Duration(i+1)*time.Millisecond, nil)
	}
	a.Record(time.Hour, errors.New("x"))
	a.Record(time.Millisecond, &StatusError{Status: 429, Message: "slow down"})
	require.Equal(t, map[string]int{"202": 100, "429": 1, "no answer": 1}, a.Statuses)
	require.Equal(t, map[string]int{"x": 1, "429 Too Many Requests: slow down": 1}, a.Reasons)
	require.Equal(t, 102, a.Count())
	require.Equal(t, 100, a.Accepted())
	require.InDelta(t, 51*time.Millisecond, a.Latency(50), float64(time.Millisecond))
	require.InDelta(t, 91*time.Millisecond, a.Latency(90), float64(time.Millisecond))
}

func TestOnlyTheWantedStatusIsAccepted(t *testing.T) {
	a := NewAnswers(200)
	a.Record(time.Millisecond, nil)
	a.Record(time.Millisecond, &StatusError{Status: 202})
	require.Equal(t, 1, a.Accepted())
	require.Equal(t, map[string]int{"200": 1, "202": 1}, a.Statuses)
}

func TestRunPlacesEachOrderOnceAndReportsTheAcceptedOnes(t *testing.T) {
	made := 0
	var accepted []int
	answers, err := Run[int, int]{
		Count: 100, AtOnce: 8, Want: 200,
		Next: func() int { made++; return made },
		Place: func(_ context.Context, n int) (int, error) {
			if n%4 == 0 {
				return 0, &StatusError{Status: 503}
			}
			return -n, nil
		},
		Accepted: func(n int) error { accepted = append(accepted, n); return nil },
	}.Do(t.Context())
	require.NoError(t, err)
	require.Equal(t, 100, made)
	require.Equal(t, map[string]int{"200": 75, "503": 25}, answers.Statuses)
	var want []int
	for n := range 100 {
		if (n+1)%4 != 0 {
			want = append(want, -(n + 1))
		}
	}
	require.ElementsMatch(t, want, accepted)
}

func TestHeadersAreSentToTheAPIOnly(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(r.Header.Get("X-Api-Key") + "/" + r.Header.Get("Idempotency-Key") + "/" + r.Header.Get("Content-Type")))
	}))
	t.Cleanup(s.Close)
	c := NewClient(s.URL, 1)
	c.Header.Set("X-Api-Key", "secret")
	answer, err := c.Post(t.Context(), "/order", http.Header{"Idempotency-Key": {"k"}}, []byte("{}"), http.StatusOK)
	require.NoError(t, err)
	require.Equal(t, "secret/k/application/json", string(answer))
	answer, err = c.Get(t.Context(), "/order")
	require.NoError(t, err)
	require.Equal(t, "secret//", string(answer))
	answer, err = c.Fetch(t.Context(), s.URL+"/elsewhere")
	require.NoError(t, err)
	require.Equal(t, "//", string(answer))
}

func TestStatusErrorHasTheMessageOfTheBody(t *testing.T) {
	for body, want := range map[string]string{
		`{"message":"no active order"}`:                  "400 Bad Request: no active order",
		`{"status":400,"description":"qty: is missing"}`: "400 Bad Request: qty: is missing",
		`<html>`:       "400 Bad Request: <html>",
		`{"code":400}`: `400 Bad Request: {"code":400}`,
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(body))
		}))
		_, err := NewClient(s.URL, 1).Get(t.Context(), "/order")
		s.Close()
		var answered *StatusError
		require.ErrorAs(t, err, &answered)
		require.EqualError(t, err, want)
		require.Equal(t, want, Reason(err))
	}
}
