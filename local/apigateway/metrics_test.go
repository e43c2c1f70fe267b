package apigateway_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/internal/cloudtest"
)

func TestMetricsOfAnAPIAndItsStage(t *testing.T) {
	a := newCloud(t).deploy(t, document(t), nil)
	metrics := cloudtest.RecordMetrics(a.Account)
	for _, c := range []struct {
		line                   string
		client, server, called float64
	}{
		{"GET /files/x", 0, 0, 1}, {"GET /none", 1, 0, 0}, {"GET /files/x", 0, 1, 1},
	} {
		if c.server > 0 {
			a.functions.returns(`{"statusCode":500}`)
		}
		a.call(t, c.line, "")
		sums := metrics.Take()
		for _, dimensions := range []string{" ApiName=orders", " ApiName=orders Stage=prod"} {
			require.Equal(t, 1.0, sums["AWS/ApiGateway Count Count"+dimensions])
			require.Equal(t, c.client, sums["AWS/ApiGateway 4XXError Count"+dimensions])
			require.Equal(t, c.server, sums["AWS/ApiGateway 5XXError Count"+dimensions])
			require.Contains(t, sums, "AWS/ApiGateway Latency Milliseconds"+dimensions)
		}
		called := false
		for name := range maps.Keys(sums) {
			called = called || strings.Contains(name, "IntegrationLatency")
		}
		require.Equal(t, c.called > 0, called)
	}
}
