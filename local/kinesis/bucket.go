package kinesis

import "time"

// bucket is a token bucket. It starts full and fills up at a steady rate. Unlike rate.Limiter it may go into debt by more
// than its size: see shard.read.
type bucket struct {
	used  float64 // at the time at; never negative
	at    time.Time
	size  float64
	speed float64 // per second
}

func newBucket(size, speed float64) bucket { return bucket{size: size, speed: speed} }

// left is how much there is now; negative for a debt.
func (b *bucket) left(now time.Time) float64 {
	if passed := now.Sub(b.at); passed > 0 {
		b.used, b.at = max(0, b.used-passed.Seconds()*b.speed), now
	}
	return b.size - b.used
}

// take uses n, which may leave a debt.
func (b *bucket) take(n float64) { b.used += n }
