// Command index-task is the task of a state machine that writes what a picture is about.
//
// Input and output: a picture.Job. Errors: PermanentError, which no other attempt can avoid; every other error is worth one.
// Environment: TABLE_NAME.
package main

import (
	"github.com/order-patterns/order-patterns/examples/pictures/picture"
	"github.com/order-patterns/order-patterns/handlers/kit/lambdaenv"
)

func main() {
	env := lambdaenv.Setup()
	work := picture.Work{Table: picture.TableOf(env)}
	env.Start(picture.Task("index picture", work.Index))
}
