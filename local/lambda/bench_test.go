package lambda

import (
	"context"
	"runtime"
	"testing"
	"time"
)

// BenchmarkWarmInvoke is an invocation of a warm function, from Service.Invoke to its answer.
func BenchmarkWarmInvoke(b *testing.B) {
	c := newCloud(b)
	c.function("f", nil)
	in := Invocation{Principal: c.principal(), Function: "f", Payload: []byte(`{"order":{"accountid":"a0"}}`)}
	invoke := func() {
		if r, err := c.lambda.Invoke(context.Background(), in); err != nil || r.FunctionError != "" {
			b.Error(err, string(r.Payload))
		}
	}
	invoke()
	b.SetParallelism(max(1, 4/runtime.GOMAXPROCS(0)))
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			invoke()
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "invocations/s")
}

// BenchmarkColdStart is the time from the start of a process to its first request for work.
func BenchmarkColdStart(b *testing.B) {
	c := newCloud(b)
	f := c.function("f", nil)
	pool := f.current.Load().pool
	for b.Loop() {
		if failure := pool.launch(initLimit, "init"); failure != nil {
			b.Fatal(failure)
		}
		b.StopTimer()
		pool.kill()
		for pool.size() > 0 {
			time.Sleep(time.Millisecond)
		}
		b.StartTimer()
	}
}

// BenchmarkMapping is a message from a queue, through a function, to its deletion.
func BenchmarkMapping(b *testing.B) {
	c := newCloud(b)
	queue := c.queue("q", map[string]any{})
	c.consumer("f")
	for range b.N {
		c.send(queue, "ok")
	}
	b.ResetTimer()
	c.mapping("f", queue, nil)
	eventually(b, "the queue is empty", func() bool { v, i := c.count(queue); return v+i == 0 })
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}
