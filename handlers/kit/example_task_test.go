package kit_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/order-patterns/order-patterns/handlers/kit/permanent"
	"github.com/order-patterns/order-patterns/handlers/kit/task"
)

// A task of a state machine has an input and an output. The state machine sees the Go type of an error as its name, and retries
// all but PermanentError.
func Example_task() {
	type input struct{ Width, Height int }
	type output struct{ Scale float64 }
	resize := task.Handler("resize picture", func(ctx context.Context, in input) (output, error) {
		if in.Width <= 0 || in.Height <= 0 {
			return output{}, permanent.Error(errors.New("the picture is empty"))
		}
		return output{Scale: 256 / float64(max(in.Width, in.Height))}, nil
	})

	// In main: lambdaenv.Setup().Start(resize)
	for _, text := range []string{`{"width":512,"height":128}`, `{"width":0}`, `[]`} {
		out, err := resize(context.Background(), json.RawMessage(text))
		fmt.Printf("%v %T %v\n", out, err, err)
	}
	// Output:
	// {0.5} <nil> <nil>
	// {0} *task.PermanentError the picture is empty
	// {0} *task.PermanentError reading the input: json: cannot unmarshal array into Go value of type kit_test.input
}
