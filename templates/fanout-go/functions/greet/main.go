// Command greet takes greetings from its queue, and logs them. A message that is no greeting goes to the dead-letter queue.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"github.com/aws/aws-lambda-go/events"

	"github.com/order-patterns/order-patterns/handlers/kit/lambdaenv"
	"github.com/order-patterns/order-patterns/handlers/kit/permanent"
	"github.com/order-patterns/order-patterns/handlers/kit/sqsbatch"
)

// concurrency is how many messages of a batch are handled at once.
const concurrency = 10

func main() {
	env := lambdaenv.Setup()
	env.Start(sqsbatch.New(env).Handler(concurrency, greet))
}

func greet(ctx context.Context, m events.SQSMessage) error {
	var greeting struct {
		Name string `json:"name"`
	}
	if err := json.Unmarshal([]byte(m.Body), &greeting); err != nil {
		return permanent.Error(fmt.Errorf("reading the greeting: %w", err))
	}
	if greeting.Name == "" {
		return permanent.Error(errors.New("the greeting has no name"))
	}
	slog.InfoContext(ctx, "hello", "name", greeting.Name)
	return nil
}
