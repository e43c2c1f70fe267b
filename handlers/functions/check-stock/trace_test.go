package main

import (
	"testing"

	"github.com/order-patterns/order-patterns/handlers/kit/trace/tracetest"
)

var daemon *tracetest.Daemon

func TestMain(m *testing.M) { tracetest.Main(m, &daemon) }

func TestEachOrderIsTracedAndLogged(t *testing.T) { function.IsTraced(t, daemon) }
