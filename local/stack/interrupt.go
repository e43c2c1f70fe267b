package stack

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// Interrupts are those of a command that uses a Stack. The first Ctrl-C or SIGTERM ends ctx: Pulumi finishes the operations that have
// started, and saves the state. The second one closes kill, which is for Stack.Kill.
func Interrupts() (ctx context.Context, kill <-chan struct{}) {
	ctx, cancel := context.WithCancel(context.Background())
	killed := make(chan struct{})
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		cancel()
		<-signals
		close(killed)
	}()
	return ctx, killed
}
